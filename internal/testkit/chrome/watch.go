package chrome

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// watcher follows the events of one tab: whether its document is being
// replaced, and what went wrong in it.
type watcher struct {
	frame cdp.FrameID // the main frame

	mu sync.Mutex

	// A navigation is pending from the moment when something asks for it until
	// its document has loaded or it fails. Its loader is unknown at first.
	pending bool
	loader  cdp.LoaderID
	failure string // why the last navigation failed, "" if it didn't
	arrived int    // counts new documents and moves within one

	documents []string // the requests of documents
	problems  []problem
}

// problem is an error that the browser reported.
type problem struct {
	text    string
	request string // the network request that it is about, "" if none
}

// event takes in one event of the tab. The browser sends the request for a
// navigation before it answers the next command, so a step that asks for a
// navigation and then makes any round trip knows of it.
func (w *watcher) event(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *page.EventFrameRequestedNavigation:
		if e.FrameID == w.frame && e.Disposition == page.ClientNavigationDispositionCurrentTab {
			w.pending, w.loader, w.failure = true, "", ""
		}
	case *page.EventFrameStartedNavigating:
		within := e.NavigationType == page.FrameStartedNavigatingNavigationTypeSameDocument ||
			e.NavigationType == page.FrameStartedNavigatingNavigationTypeHistorySameDocument
		if e.FrameID == w.frame && !within {
			w.pending, w.loader, w.failure = true, e.LoaderID, ""
			w.documents = append(w.documents, string(e.LoaderID))
		}
	case *page.EventFrameNavigated:
		if e.Frame.ID != w.frame {
			return
		}
		w.arrived++
		w.loader = e.Frame.LoaderID
		if e.Type == page.NavigationTypeBackForwardCacheRestore {
			w.pending = false // it comes back loaded
		}
	case *page.EventNavigatedWithinDocument:
		if e.FrameID != w.frame {
			return
		}
		w.arrived++
		if w.loader == "" {
			w.pending = false
		}
	case *page.EventLifecycleEvent:
		if e.FrameID == w.frame && e.LoaderID == w.loader && e.Name == "load" {
			w.pending = false
		}
	case *network.EventLoadingFailed:
		// An answer without a document, such as 204 or a download, also
		// "fails", as cancelled.
		if w.pending && string(e.RequestID) == string(w.loader) {
			w.pending = false
			if !e.Canceled {
				w.failure = e.ErrorText
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			text := fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text)
			w.add(text, e.Entry.URL, e.Entry.NetworkRequestID)
		}
	case *runtime.EventExceptionThrown:
		d := e.ExceptionDetails
		text := d.Text
		if d.Exception != nil {
			text += " " + describe(d.Exception)
		}
		w.add("exception: "+text, d.URL, "")
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			words := []string{"console." + string(e.Type) + ":"}
			for _, arg := range e.Args {
				words = append(words, describe(arg))
			}
			w.add(strings.Join(words, " "), "", "")
		}
	}
}

// add notes a problem, the document or resource that it comes from, and the
// request that it is about.
func (w *watcher) add(text, url string, request network.RequestID) {
	if url != "" {
		text += " (" + url + ")"
	}
	w.problems = append(w.problems, problem{text, string(request)})
}

// describe returns the text of a value of a script.
func describe(o *runtime.RemoteObject) string {
	if o.Description != "" {
		return o.Description
	}
	return strings.Trim(string(o.Value), `"`)
}

// settled reports whether no navigation is pending, how often the tab has
// arrived somewhere, and why the last navigation failed.
func (w *watcher) settled() (done bool, arrived int, failure string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.pending, w.arrived, w.failure
}

// errors returns the problems in their order, without those that only repeat
// the status of a document.
func (w *watcher) errors() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var texts []string
	for _, p := range w.problems {
		if p.request == "" || !slices.Contains(w.documents, p.request) {
			texts = append(texts, p.text)
		}
	}
	return texts
}
