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
