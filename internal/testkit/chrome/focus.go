package chrome

// focusShown is a JavaScript function: "" if the element that has the focus shows it, as WCAG 2.2 asks in 2.4.7 and 2.4.11,
// else what is wrong. Something that lies above it may cover a part; what cuts off the ring at two sides or more hides it.
const focusShown = `() => {
	const e = document.activeElement;
	if (!e || e === document.body) return "";
	const of = (pseudo) => {
		const style = getComputedStyle(e, pseudo), width = parseFloat(style.outlineWidth);
		return style.outlineStyle !== "none" && width >= 2 && (!pseudo || style.content !== "none") ? width + parseFloat(style.outlineOffset) : NaN;
	};
	let ring = of(null);
	if (isNaN(ring)) ring = of("::after"), ring = isNaN(ring) ? ring : 0;
	if (isNaN(ring)) return "shows no ring";
	const box = e.getBoundingClientRect();
	let sides = { top: box.top - ring, left: box.left - ring, bottom: box.bottom + ring, right: box.right + ring };
	for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
		const style = getComputedStyle(p);
		if (style.overflowX === "visible" && style.overflowY === "visible") continue;
		const cut = p.getBoundingClientRect();
		const gone = [sides.top < cut.top - .5, sides.bottom > cut.bottom + .5, sides.left < cut.left - .5, sides.right > cut.right + .5].filter(Boolean).length;
		if (gone > 1) return "has a ring that is cut off";
	}
	const middle = [Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2), box.top + box.height / 2];
	if (middle[1] < 0 || middle[1] >= innerHeight) return "";
	const above = document.elementFromPoint(...middle);
	const own = !above || e.contains(above) || above.contains(e) || [...(e.labels ?? [])].some((l) => l.contains(above));
	const covered = [[box.left + 2, box.top + 2], [box.right - 2, box.top + 2], [box.left + 2, box.bottom - 2], [box.right - 2, box.bottom - 2], middle].every(([x, y]) => {
		const on = document.elementFromPoint(x, y);
		return on && !e.contains(on) && !on.contains(e) && ![...(e.labels ?? [])].some((l) => l.contains(on));
	});
	return own || !covered ? "" : "lies below " + above.localName + "." + above.className;
}`

// Unseen returns what can have the focus and does not show it, from the end of the page to its beginning, as Shift and Tab go:
// there what stays at the top of the window covers what scrolls below it.
func (b *Browser) Unseen() []string {
	b.t.Helper()
	b.Eval(`void (window.focusedBefore = document.activeElement)`)
	b.Press("Tab") // from now on the browser shows the focus, as for a person who uses keys
	return b.list(`(() => {
		const wrong = [], shown = ` + focusShown + `, before = [scrollX, scrollY];
		const scrolled = [...document.querySelectorAll("main *")].filter((e) => e.scrollWidth > e.clientWidth).map((e) => [e, e.scrollLeft]);
		const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
		for (const e of all.reverse()) {
			if (!e.checkVisibility({ visibilityProperty: true }) || e.matches(":disabled, [type=hidden]")) continue;
			e.focus();
			if (document.activeElement !== e) continue;
			const says = shown();
			if (says) wrong.push(e.localName + (e.id ? "#" + e.id : "") + " " + JSON.stringify(e.textContent.trim().slice(0, 40)) + " " + says);
		}
		document.activeElement.blur();
		window.focusedBefore.focus();
		scrolled.forEach(([e, left]) => { e.scrollLeft = left });
		scrollTo(...before);
		return wrong;
	})()`)
}

// Alike returns the links that have one name and lead to different places, and the buttons without a field beside them that
// have one name and do different things: who hears the page cannot tell them apart. Links in a table or a list of terms are left
// out, because a heading says what they are about. Where one comes back to afterwards is no other place.
func (b *Browser) Alike() []string {
	b.t.Helper()
	return b.list(`(() => {
		const seen = new Map(), alike = [];
		for (const e of document.querySelectorAll("a[href], main button")) {
			if (!e.checkVisibility({ visibilityProperty: true })) continue;
			const form = e.form;
			if (form && form.querySelector("input:not([type=hidden])")) continue;
			if (e.localName === "a" && e.closest("table, dl")) continue;
			const name = (e.ariaLabel ?? e.textContent).replace(/\s+/g, " ").trim() + " (" + e.localName + ")";
			const does = e.href?.replace(/[?&]next=[^&#]*/, "") ?? (e.formAction + " " + e.name + " " + e.value + " " + [...(form ? new FormData(form).values() : [])].join());
			if (seen.has(name) && seen.get(name) !== does) alike.push(name + ": " + seen.get(name) + " and " + does);
			seen.set(name, does);
		}
		return alike;
	})()`)
}
