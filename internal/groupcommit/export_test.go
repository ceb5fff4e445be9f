package groupcommit

// Waiting returns how many wait for their turn.
func Waiting(w *Writer) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waiting)
}
