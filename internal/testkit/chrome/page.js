// Finds the one element that a step is about, and brings it into view.
//
// how: "css" (what is a selector; the first visible match), "text" (what is the
// visible text or the label of a button or link) or "field" (what is the name
// of an input). Returns {x, y}, the point to click, or {problem}, a reason to
// look again later.
(how, what) => {
  const words = (s) => (s || "").replace(/\s+/g, " ").trim();
  const name = (e) =>
    e.localName + (e.id ? "#" + e.id : "") + (e.name ? `[name=${e.name}]` : "");
  const visible = (e) =>
    e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
  const says = (e) =>
    words(e.localName === "input" ? e.value : e.innerText) === what ||
    words(e.getAttribute("aria-label")) === what;
  const all = (selector) => [...document.querySelectorAll(selector)];

  let found;
  if (how === "css") {
    found = all(what);
  } else if (how === "field") {
    found = all("input:not([type=hidden]), textarea, select").filter((e) => e.name === what);
  } else {
    found = all(
      "a[href], button, summary, input[type=submit], input[type=button], input[type=reset]," +
        "[role=button], [role=link], [role=menuitem], [role=tab]",
    ).filter(says);
    if (found.length === 0) found = all("label").filter(says);
  }
  if (found.length === 0) return { problem: "there is none" };
  const seen = found.filter(visible);
  if (seen.length === 0) return { problem: "it is not visible" };
  if (seen.length > 1 && how !== "css")
    return { problem: "several match: " + seen.map(name).join(", ") };

  const e = seen[0];
  if (e.matches(":disabled")) return { problem: name(e) + " is disabled" };
  e.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const box = [...e.getClientRects()].find((r) => r.width > 0 && r.height > 0);
  if (!box) return { problem: name(e) + " has no size" };
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  const hit = document.elementFromPoint(x, y);
  if (!hit) return { problem: name(e) + " is outside the window" };
  const label = hit.closest("label");
  if (!e.contains(hit) && !(label && label.control === e))
    return { problem: `${name(e)} is covered by ${name(hit)}` };
  return { x, y };
}
