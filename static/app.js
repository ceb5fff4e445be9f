// Comfort only: every page works without this script.

// The button beside a password shows what is typed, and hides it again before it is sent.
for (const button of document.querySelectorAll("button[data-reveal]")) {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  const show = (on) => {
    input.type = on ? "text" : "password";
    button.firstChild.data = on ? "Hide" : "Show";
    button.setAttribute("aria-pressed", on);
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

for (const box of document.querySelectorAll("[data-strength]")) {
  const input = document.getElementById(box.dataset.strength);
  const [meter, says] = box.children;
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
