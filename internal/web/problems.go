package web

// Problems holds what is wrong with a form: field name to message. A form is valid when there are none.
type Problems map[string]string

// Check adds the message to the field if ok is false. The first message for a field stays.
func (p Problems) Check(ok bool, field, message string) {
	if _, already := p[field]; !ok && !already {
		p[field] = message
	}
}
