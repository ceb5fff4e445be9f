package app_test

import (
	"strings"
	"testing"

	"example.com/latchkey/internal/testkit"
	"example.com/latchkey/internal/testkit/chrome"
)

// TestStrengthWhileTyping holds what the page says of a password while it is typed, and that it keeps it to itself.
func TestStrengthWhileTyping(t *testing.T) {
	b, k := chrome.New(t), testkit.Start(t)
	b.Open(k.URL + "/register")
	// Where the button stands, and what was asked of any server: by this page, and of ours.
	place := func() any {
		return b.Eval(`document.querySelector("main button.primary").getBoundingClientRect().top + scrollY`)
	}
	sent := func() (any, int) {
		// Not the icon, which browsers fetch when they like.
		return b.Eval(`performance.getEntriesByType("resource").filter((e) => !e.name.includes("icon")).length`),
			strings.Count(k.Log.String(), "msg=request") - strings.Count(k.Log.String(), `route="GET /static/`)
	}
	meter := func() any {
		return b.Eval(`(({hidden, value}) => hidden ? "hidden" : value)(document.querySelector("meter"))`)
	}

	stands := place()
	page, ours := sent()
	if meter() != "hidden" {
		t.Error("the meter is there before anything is typed")
	}
	b.Fill("name", "Zebulynx")
	for _, c := range []struct {
		password, says string
		level          float64
	}{
		{"quiet otter", "Too short: 11 of 15 characters.", 1},
		{"password1234567", "Weak:", 1},
		{"Zebulynx2026!!!", "Weak:", 1}, // the name is in the form
		{"monkeymonkeymonkey", "Weak:", 1},
		{"abcdefgh98765432", "Weak:", 1},
		{"international77", "Fair: another word would help.", 2},
		{"vK7#pq!2mZ4w&x9", "Good: 15 characters, hard to guess.", 3},
		{testkit.Password, "Strong: 30 characters.", 4},
	} {
		b.Fill("password", c.password)
		b.WaitText(c.says)
		if got := meter(); got != c.level {
			t.Errorf("%q: %v, want %v", c.password, got, c.level)
		}
		if now := place(); now != stands {
			t.Errorf("%q moves the button from %v to %v", c.password, stands, now)
		}
	}

	b.ClickText("Show password")
	if got := b.Eval(`document.getElementById("password").type`); got != "text" {
		t.Errorf("shown as %v", got)
	}
	b.ClickText("Hide password")
	if got := b.Eval(`document.getElementById("password").type`); got != "password" {
		t.Errorf("hidden as %v", got)
	}
	b.Fill("password", "")
	if meter() != "hidden" {
		t.Error("the meter stays for an empty field")
	}

	if page2, ours2 := sent(); page2 != page || ours2 != ours {
		t.Errorf("typing made requests: %v and %d, before %v and %d", page2, ours2, page, ours)
	}
	if errors := b.ConsoleErrors(); len(errors) > 0 {
		t.Errorf("console: %v", errors)
	}
}

// TestWordsOfStrengthWaitForAPause holds that a screen reader is told once, and not at every key.
func TestWordsOfStrengthWaitForAPause(t *testing.T) {
	b, k := chrome.New(t), testkit.Start(t)
	b.Open(k.URL + "/register")
	b.Eval(`{
		window.told = 0;
		const says = document.getElementById("password-says");
		new MutationObserver((changes) => told += changes.length).observe(says, { childList: true, characterData: true, subtree: true });
		const input = document.getElementById("password");
		for (const key of "quiet otter paints seven lamps") {
			input.value += key;
			input.dispatchEvent(new Event("input", { bubbles: true }));
		}
	}`)
	b.WaitText("Strong: 30 characters.")
	if got := b.Eval(`told`); got != 1.0 {
		t.Errorf("told %v times", got)
	}
}

func TestWithoutScriptsThereIsNoMeter(t *testing.T) {
	b, k := chrome.New(t, chrome.NoScript()), testkit.Start(t)
	b.Open(k.URL + "/register")
	b.Fill("password", "quiet otter")
	if got := b.Eval(`document.querySelector("meter").checkVisibility() || document.querySelector("[data-reveal]").checkVisibility()`); got != false {
		t.Error("the page shows what only a script can use")
	}
	gap := b.Eval(`(() => {
		const field = document.querySelector("meter").parentElement, before = field.offsetHeight;
		for (const part of field.querySelectorAll("meter, output")) part.remove();
		return before - field.offsetHeight;
	})()`)
	if gap != 0.0 {
		t.Errorf("a gap of %v px", gap)
	}
}
