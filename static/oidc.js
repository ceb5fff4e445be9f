// "Keep me logged in" counts for the buttons of other sites, too: as it is when one of them is pressed.
document.addEventListener("submit", ({ target: form }) => {
  const box = document.querySelector("input[name=remember]");
  if (form.dataset.oidc === undefined || !box) return;
  const field = form.elements.remember ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: "remember" }));
  field.value = box.checked ? "1" : "";
}, true);
