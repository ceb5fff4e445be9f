// Comfort for the page of recovery codes: copy and print. Without it they can be downloaded and marked by hand.
for (const button of document.querySelectorAll("button[data-copy-text]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const lines = [...document.getElementById(button.dataset.copyText).children].map((line) => line.textContent.trim());
    await navigator.clipboard.writeText(lines.join("\n"));
    button.textContent = "Copied";
  });
}
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
