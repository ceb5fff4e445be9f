package chrome

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Resize changes the size of this tab's viewport, in CSS pixels. 640 is a window of 1280 at a zoom of 200 %.
func (b *Browser) Resize(width, height int64) {
	b.t.Helper()
	b.do("resize", chromedp.EmulateViewport(width, height))
}

// ReducedMotion makes the browser ask pages for less motion.
func ReducedMotion() Option { return media("prefers-reduced-motion", "reduce") }

// ForcedColors makes the browser replace the colours of pages by a few of its user's.
func ForcedColors() Option { return media("forced-colors", "active") }

// MoreContrast makes the browser ask pages for more contrast.
func MoreContrast() Option { return media("prefers-contrast", "more") }

// Paper makes the browser show pages as it prints them.
func Paper() Option {
	return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
}

func media(name, value string) Option {
	features := []*emulation.MediaFeature{{Name: name, Value: value}}
	return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
}

// Lost returns what the page loses at the width that it has now: that it scrolls sideways (WCAG 2.2, 1.4.10), and what is cut
// off or sticks out. What scrolls by itself may, such as a wide table or the line of a field; and a line may end with an
// ellipsis where the look says so.
func (b *Browser) Lost() []string {
	b.t.Helper()
	return b.list(`(() => {
		const lost = [], root = document.documentElement;
		const name = (e) => e.localName + (e.id ? "#" + e.id : "") + [...e.classList].map((c) => "." + c).join("") + " " + JSON.stringify(e.textContent.trim().slice(0, 40));
		if (root.scrollWidth > root.clientWidth) lost.push("the page is " + (root.scrollWidth - root.clientWidth) + " px too wide");
		const scrolls = (e) => {
			for (let p = e.parentElement; p; p = p.parentElement)
				if (["auto", "scroll"].includes(getComputedStyle(p).overflowX)) return true;
			return false;
		};
		for (const e of document.body.querySelectorAll("*")) {
			const box = e.getBoundingClientRect(), style = getComputedStyle(e);
			if (!e.checkVisibility({ visibilityProperty: true }) || e.closest(".sr, .skip, svg, option, input") || box.width <= 1) continue;
			if ((box.right > root.clientWidth + 1 || box.left < -1) && !scrolls(e)) lost.push("sticks out: " + name(e));
			const cuts = (overflow) => ["hidden", "clip"].includes(overflow);
			if (cuts(style.overflowX) && e.scrollWidth > e.clientWidth + 1 && style.textOverflow !== "ellipsis") lost.push("is cut off: " + name(e));
			if (cuts(style.overflowY) && e.scrollHeight > e.clientHeight + 1 && style.textOverflow !== "ellipsis") lost.push("is cut off below: " + name(e));
		}
		return lost;
	})()`)
}

// spaced returns what look finds while the text has the space that some people need to read it (WCAG 2.2, 1.4.12), on a page
// whose security policy forbids a style element.
func (b *Browser) spaced(look func() []string) []string {
	b.t.Helper()
	b.Eval(`(() => {
		const more = new CSSStyleSheet();
		more.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }");
		document.adoptedStyleSheets = [more];
	})()`)
	defer b.Eval(`void (document.adoptedStyleSheets = [])`)
	return look()
}

// Loose returns where a full stop, a comma or the like stands apart from its sentence, as what a template puts together may,
// and where two words touch that are none.
func (b *Browser) Loose() []string {
	b.t.Helper()
	apart := b.list(`document.querySelector("main")?.innerText.match(/[^\n]{0,30}[^\s] [.,;:!?](?=\s|$)/gm) ?? []`)
	return append(apart, b.list(`(() => {
		const touching = [];
		for (const e of document.body.querySelectorAll("*")) {
			const before = e.previousSibling, style = getComputedStyle(e);
			if (!before || !style.display.startsWith("inline") || style.position === "absolute" || !e.checkVisibility()) continue;
			const [end, begin] = [before.textContent, e.textContent];
			if (!/[\p{L}\p{N}]$/u.test(end) || !/^[\p{L}\p{N}]/u.test(begin)) continue;
			const range = document.createRange();
			range.selectNode(before);
			const [a, z] = [[...range.getClientRects()].at(-1), e.getClientRects()[0]];
			if (a && z && a.right > z.left - 2 && a.right <= z.left + 1 && a.top < z.bottom && z.top < a.bottom) touching.push(end.slice(-20) + "|" + begin.slice(0, 20));
		}
		return touching;
	})()`)...)
}

// ForEverybody holds that the page, as it is shown now, is for everybody: with all details open, but the user's menu, axe-core
// finds nothing in either theme, no comma stands apart from its sentence and no words touch, what has the focus shows it and
// nothing lies above it, no two links of one name lead to different places, and nothing is lost at a zoom of 200 % and on a
// phone of 320 px, there with more space in the text, too. what names the page in what it reports; of a page that needs more
// than a link to come to it is the pattern of its route, by which the walk over the map knows that somebody looks at it. The
// test has called NeedsAxe.
func (b *Browser) ForEverybody(what string) {
	b.t.Helper()
	report := func(how string, found []string) {
		b.t.Helper()
		for _, f := range found {
			b.t.Errorf("%s, %s: %s", what, how, f)
		}
	}
	b.Eval(`document.querySelectorAll("details:not(.who)").forEach((d) => { d.open = true })`)
	was := b.Eval(`document.documentElement.dataset.theme ?? ""`)
	size := b.Eval(`[innerWidth, innerHeight]`).([]any)
	theme := func(theme string) { // at once, whatever fades
		b.t.Helper()
		b.Eval(fmt.Sprintf(`document.documentElement.dataset.theme = %q, new Promise((done) => requestAnimationFrame(() => {
			document.getAnimations().forEach((a) => a.finish());
			done();
		}))`, theme))
	}
	report("stands apart or touches", b.Loose())
	theme("light")
	report("light", b.Axe())
	theme("dark")
	report("dark", b.Contrast())
	report("by ear", b.Alike())
	report("by keys", b.Unseen())
	b.Resize(640, 400)
	report("at a zoom of 200 %", b.Lost())
	b.Resize(320, 700)
	report("at 320 px", b.Lost())
	report("by keys, at 320 px", b.Unseen())
	report("with more space in the text, at 320 px", b.spaced(b.Lost))
	b.pictures(what, theme)
	b.Resize(int64(size[0].(float64)), int64(size[1].(float64)))
	theme(fmt.Sprint(was))
}

// pictures writes the page as four PNG files into the folder that PICTURES names, if it names one: on a phone and on a desk,
// light and dark. So a person looks at every page and state that a test comes to:
//
//	PICTURES=/tmp/pictures go test ./... -run 'ForEverybody|Kept|Second'
func (b *Browser) pictures(what string, theme func(string)) {
	b.t.Helper()
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	name := strings.Trim(regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(b.t.Name()+" "+what, "-"), "-")
	for _, width := range []int64{390, 1280} {
		b.Resize(width, 800)
		for _, t := range []string{"light", "dark"} {
			theme(t)
			b.Screenshot(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, t, width)))
		}
	}
}
