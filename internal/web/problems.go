package web

// Problems holds what is wrong with a form: field name to message. A form is valid when there are none.
type Problems map[string]string

// Add adds the message to the field, unless it is "" or the field has one already.
func (p Problems) Add(field, message string) { p.Check(message == "", field, message) }

// Check adds the message to the field if ok is false. The first message for a field stays.
func (p Problems) Check(ok bool, field, message string) {
	if _, already := p[field]; !ok && !already {
		p[field] = message
	}
}
