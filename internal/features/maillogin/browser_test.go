package maillogin_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

var pictures = flag.String("pictures", "", "write pictures of the pages into this folder")

// TestBrowserLogsInByMail types the code of a mail, without scripts, too, and presses the button of the link.
func TestBrowserLogsInByMail(t *testing.T) {
	for name, options := range map[string][]chrome.Option{"with scripts": nil, "without": {chrome.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			k := testkit.Start(t)
			owner(t, k)
			b := chrome.New(t, options...)
			ask := func() {
				t.Helper()
				b.Open(k.URL + "/login?next=" + testkit.Private)
				b.Fill("email", testkit.Ada)
				if b.Eval(`document.querySelector("details.flow").open`) == false {
					b.ClickText("Other ways to log in")
				}
				b.ClickText("Send me a code by mail")
				b.WaitPath(codePath)
			}
			ask()
			b.Fill("code", "CCCC CCCC")
			b.Click("main button.primary")
			b.WaitText("This code does not work.")
			b.Fill("code", codeIn(t, k.Mail(testkit.Ada)))
			b.Press("Enter")
			b.WaitPath(testkit.Private)
			b.Open(k.URL + "/")
			b.Click(".who summary")
			b.ClickText("Log out")
			b.WaitPath("/")

			ask()
			m := k.Mail(testkit.Ada)
			phone := chrome.New(t, append(options, chrome.Size(390, 800))...)
			phone.Open(k.URL + testkit.Link(m))
			phone.WaitText(codeIn(t, m))
			mail := b.NewTab()
			mail.Open(k.URL + testkit.Link(m))
			mail.WaitText("You are about to log in as")
			mail.Click("main button.primary")
			mail.WaitPath(testkit.Private)
			phone.Reload()
			phone.WaitText("This link does not work")
			if n := k.Count(`SELECT count(*) FROM logins`); n != 1 {
				t.Errorf("%d logins", n)
			}
		})
	}
}

// TestBrowserShowsTheCodesPages holds that no page scrolls sideways, and draws each into the folder of -pictures.
func TestBrowserShowsTheCodesPages(t *testing.T) {
	folder := *pictures
	if folder == "" {
		folder = t.TempDir()
	}
	for _, width := range []int64{1280, 390} {
		for name, options := range map[string][]chrome.Option{"light": nil, "dark": {chrome.Dark()}} {
			k := testkit.Start(t)
			owner(t, k)
			b := chrome.New(t, append(options, chrome.Size(width, 800))...)
			look := func(page, path string) {
				t.Helper()
				if path != "" {
					b.Open(k.URL + path)
				}
				if over := b.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`); over.(float64) > 0 {
					t.Errorf("%s %s %d is %v px too wide", page, name, width, over)
				}
				b.Screenshot(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", page, name, width)))
			}
			look("nothing-asked", codePath)
			look("broken", linkPath)
			look("login", "/login?next="+testkit.Private)
			b.ClickText("Other ways to log in")
			look("login-open", "")
			b.ClickText("Send me a code by mail")
			b.WaitText("E-mail address")
			look("ask-wrong", "")
			look("ask", askPath)
			b.Fill("email", testkit.Ada)
			b.ClickText("Send the code")
			b.WaitPath(codePath)
			look("code", "")
			b.Fill("code", "1")
			b.Click("main button.primary")
			b.WaitText("A code has eight letters and digits.")
			look("code-wrong", "")
			m := k.Mail(testkit.Ada)
			k2 := chrome.New(t, append(options, chrome.Size(width, 800))...)
			k2.Open(k.URL + testkit.Link(m))
			k2.WaitText("Type this code")
			k2.Screenshot(filepath.Join(folder, fmt.Sprintf("elsewhere-%s-%d.png", name, width)))
			look("press", testkit.Link(m))
			b.Click("main button.primary")
			b.WaitPath("/account")
			look("security", "/account/devices")
			b.Click(".who summary")
			b.ClickText("Log out")
			b.WaitPath("/")
			look("login-again", "/login")
			look("mail", "/dev/mail")
		}
	}
}

// TestPagesAreForEverybody comes to the pages that only somebody sees who has asked for a code.
func TestPagesAreForEverybody(t *testing.T) {
	chrome.NeedsAxe(t)
	k := testkit.Start(t)
	owner(t, k)
	b, phone := chrome.New(t), chrome.New(t)
	for path, says := range map[string]string{codePath: "There is no code to type here", linkPath: "This link does not work"} {
		b.Open(k.URL + path)
		b.WaitText(says)
		b.ForEverybody(says)
	}
	b.Open(k.URL + askPath)
	b.Fill("email", testkit.Ada)
	b.ClickText("Send the code")
	b.WaitPath(codePath)
	b.ForEverybody(`GET /login/mail/code`)
	b.Fill("code", "1")
	b.Click("main button.primary")
	b.WaitText("A code has eight letters and digits.")
	b.ForEverybody("a wrong code")
	link := k.URL + testkit.Link(k.Mail(testkit.Ada))
	b.Open(link)
	b.WaitText("You are about to log in as")
	b.ForEverybody(`GET /login/mail/link`)
	phone.Open(link)
	phone.WaitText("Type this code")
	phone.ForEverybody("the link in another browser")
}
