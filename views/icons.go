package views

import (
	"bytes"
	"context"
	"sync"

	"github.com/a-h/templ"
)

// Icon draws one of the Icons; any other name draws nothing. Icons are decoration, so say the same in words beside them.
func Icon(name string) templ.Component {
	if drawn, ok := drawn()[name]; ok {
		return drawn
	}
	return templ.NopComponent
}

// drawn are the icons, drawn once: a page has six.
var drawn = sync.OnceValue(func() map[string]templ.Component {
	all := map[string]templ.Component{}
	for _, name := range Icons {
		var text bytes.Buffer
		if err := draw(name).Render(context.Background(), &text); err != nil {
			panic(err) // it is written to memory
		}
		all[name] = templ.Raw(text.String())
	}
	return all
})
