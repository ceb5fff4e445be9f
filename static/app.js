// Comfort only: every page works without this script.

// Pressed twice is sent once: a form that was sent waits until its page is shown anew. One whose answer is a file, and
// no page, can be sent again.
const sent = new Set();
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "again" in form.dataset) return;
  if (sent.has(form)) event.preventDefault();
  sent.add(form);
});
addEventListener("pageshow", () => sent.clear());

// The user menu closes with Escape, as menus do, and when the focus goes on to what it would cover.
document.querySelector(".who")?.addEventListener("focusout", (event) => {
  const menu = event.currentTarget;
  if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});
addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector(".who[open]");
  if (!open) return;
  open.open = false;
  open.firstElementChild.focus();
});

// A page that shows something of a user hides it when the login has ended, and says two minutes before that it will
// (WCAG 2.2.1). Asking is no visit: it keeps no login alive.
const cover = document.querySelector(".cover[data-user]");
if (cover) {
  const ending = document.querySelector(".ending");
  const [says, keep, save] = ending.children;
  const warning = 120; // seconds
  let timer;
  let focused; // before the page was hidden

  const show = (login) => {
    const ended = !login.in || login.user !== cover.dataset.user;
    if (ended && cover.hidden) {
      focused = document.activeElement;
      cover.hidden = false;
      cover.querySelector("h1").focus();
    } else if (!ended && !cover.hidden) {
      cover.hidden = true;
      focused.focus();
    }
    const time = says.querySelector("time");
    if (time.textContent !== (login.at ?? "")) time.textContent = login.at ?? ""; // what is said again is read out again
    keep.hidden = !login.keeps;
    save.hidden = login.keeps;
    ending.hidden = ended || login.ends > warning;
    // The next question comes in a minute, or when there will be something to say.
    wait(ended ? 60 : Math.min(60, login.ends > warning ? login.ends - warning : login.ends));
  };
  const wait = (seconds) => {
    clearTimeout(timer);
    timer = setTimeout(ask, 1000 * Math.max(1, seconds));
  };
  const ask = async (event, method = "GET") => {
    if (document.hidden) return; // it asks when it is looked at again
    const address = method === "GET" ? "/login/status" : "/login/keep";
    try {
      const answer = await fetch(address, { method, headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.ok) return show(await answer.json());
      if (method === "POST") return ask();
    } catch {
      // No network: what is on the screen stays there.
    }
    wait(60);
  };
  keep.addEventListener("click", (event) => ask(event, "POST"));
  addEventListener("visibilitychange", ask);
  addEventListener("pageshow", (event) => (event.persisted ? ask() : wait(60)));
}

// The button beside a password shows what is typed, and hides it again before it is sent.
for (const button of document.querySelectorAll("button[data-reveal]")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const show = (on) => {
    input.type = on ? "text" : "password";
    button.firstChild.data = on ? "Hide" : "Show";
  };
  button.addEventListener("click", () => show(input.type === "password"));
  input.form?.addEventListener("submit", () => show(false));
  button.hidden = false;
}

// How hard a new password is to guess, from 1 to 4, and in words. It is reckoned here, nothing is sent; the server,
// which knows more, has the last word.
const strength = (input) => {
  const text = input.value;
  const length = [...text].length;
  if (length < input.minLength) return [1, `Too short: ${length} of ${input.minLength} characters.`];
  let rest = text.toLowerCase().slice(0, 100);
  // What the other fields hold and what everybody takes is guessed first: it counts for nothing.
  for (const field of input.form.querySelectorAll("input")) {
    if (field === input) continue;
    for (const word of field.value.toLowerCase().split(/[^\p{L}\p{N}]+/u)) {
      if (word.length > 3) rest = rest.replaceAll(word, "");
    }
  }
  rest = rest.replace(/p[a4@][s5$]{2}w[o0]rd|qwert[yz]|letmein|welcome|iloveyou|admin|login|secret|monkey|dragon/g, "");
  // What is said again counts once.
  rest = [...new Set(rest.split(/[\s._-]+/))].join(" ").replace(/(.{2,}?)\1+/gs, "$1");
  // A sign that follows from the one before, in the alphabet, in numbers or on the keyboard, counts little.
  const keys = "qwertyuiop asdfghjkl zxcvbnm";
  let worth = 0;
  let before = "";
  for (const sign of rest) {
    const follows = before && (Math.abs(sign.codePointAt(0) - before.codePointAt(0)) < 2 || keys.includes(before + sign));
    worth += follows ? 0.25 : 1;
    before = sign;
  }
  worth = Math.min(worth, 2 * new Set(rest).size);
  if (worth < 8) return [1, "Weak: one of the first guesses."];
  // One word stays one, whatever digits stand around it.
  if (worth < 10 || (worth < 18 && /^\P{L}*\p{L}+\P{L}*$/u.test(text))) return [2, "Fair: another word would help."];
  if (worth < 18) return [3, `Good: ${length} characters, hard to guess.`];
  return [4, `Strong: ${length} characters.`];
};

for (const meter of document.querySelectorAll("meter[data-strength]")) {
  const input = document.getElementById(meter.dataset.strength);
  const says = meter.nextElementSibling;
  let pause;
  const update = () => {
    const [level, words] = input.value ? strength(input) : [0, ""];
    meter.value = level;
    meter.hidden = !input.value;
    // The words wait until the typing rests: who hears the page is told once, and not at every key.
    clearTimeout(pause);
    pause = setTimeout(() => (says.value = words), 400);
  };
  input.form.addEventListener("input", update); // in any field: the name may come after the password
  update(); // for what the browser filled in
}
