package session

// WaitingTrail returns the page views that wait to be written, of a site with one visitor.
func (s *Sessions) WaitingTrail() []View {
	for id := range s.batch.pending {
		return s.batch.views(id)
	}
	return nil
}
