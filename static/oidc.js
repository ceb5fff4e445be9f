// "Keep me logged in" counts for the buttons of other sites, too.
document.addEventListener("submit", ({ target: form }) => {
  const box = document.querySelector("input[name=remember]");
  if (form.dataset.oidc === undefined || form.elements.remember || !box?.checked) return;
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "remember", value: "1" });
  form.append(field);
}, true);
