// Passkeys. What needs this script is hidden until it runs; the pages say what works without it.
(() => {
  const forms = document.querySelectorAll("form[data-passkey]");
  const able = Boolean(window.PublicKeyCredential && navigator.credentials);
  for (const form of forms) form.hidden = !able;
  for (const says of document.querySelectorAll("[data-passkey-missing]")) says.hidden = able;
  if (!able) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  class Refusal extends Error {} // of the server, in words for its user

  // What the server asks the authenticator. It keeps one challenge, the latest, so the page asks one after the other: an
  // answer that is slow must not void what was asked for after it.
  let asked = Promise.resolve();
  const ask = (form) => (asked = asked.catch(() => {}).then(() => challenge(form)));
  const challenge = async (form) => {
    const address = form.dataset.options ?? form.getAttribute("action") + "/options";
    const answer = await fetch(address, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)) });
    if (answer.status === 401) location.reload(); // it leads to where one logs in or confirms
    if (!answer.ok) {
      const { problem } = await answer.json().catch(() => ({}));
      throw new Refusal(problem ?? (answer.status === 429 ? "Too many tries. Wait a quarter of an hour." : "That did not work. Reload the page and try again."));
    }
    const { publicKey } = await answer.json();
    publicKey.challenge = bytes(publicKey.challenge);
    if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
    for (const known of [...(publicKey.excludeCredentials ?? []), ...(publicKey.allowCredentials ?? [])]) known.id = bytes(known.id);
    return publicKey;
  };
  // The form goes with the authenticator's answer, as JSON.
  const send = (form, credential) => {
    const { response } = credential;
    const answer = { clientDataJSON: text(response.clientDataJSON) };
    if (response.attestationObject) {
      answer.attestationObject = text(response.attestationObject);
      answer.transports = response.getTransports?.() ?? [];
    } else {
      answer.authenticatorData = text(response.authenticatorData);
      answer.signature = text(response.signature);
      if (response.userHandle) answer.userHandle = text(response.userHandle);
    }
    form.elements.credential.value = JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response: answer,
      authenticatorAttachment: credential.authenticatorAttachment ?? undefined, clientExtensionResults: {},
    });
    copy(form);
    form.requestSubmit();
  };

  // Fields of the page's other form that belong to this one, too.
  const copy = (form) => {
    for (const name of form.dataset.copy?.split(" ") ?? []) {
      const field = document.getElementById(name);
      const kept = form.elements[name] ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
      kept.value = !field || (field.type === "checkbox" && !field.checked) ? "" : field.value;
    }
  };

  const words = (error) => {
    if (error instanceof Refusal) return error.message;
    if (error.name === "InvalidStateError") return "There is a passkey of your account already, where you wanted to keep this one.";
    if (error.name === "NotAllowedError") return "Nothing was done: it was cancelled, or took too long.";
    return "Your browser could not use a passkey here.";
  };

  let waiting; // what the e-mail field offers while it waits for a choice; only one can be asked for at a time
  for (const form of forms) {
    let busy = false; // the button is not disabled meanwhile: it would lose the focus
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      if (busy) return;
      const says = form.querySelector("[role=alert]");
      says.hidden = busy = true;
      waiting?.abort();
      try {
        copy(form);
        const publicKey = await ask(form);
        busy = false;
        send(form, await navigator.credentials[form.dataset.passkey]({ publicKey }));
      } catch (error) {
        busy = false;
        says.textContent = words(error);
        says.hidden = false;
        offer(form);
      }
    });
  }
  addEventListener("pageshow", () => forms.forEach((form) => (form.elements.credential.value = "")));

  // The e-mail field offers passkeys among its suggestions. A challenge lasts five minutes, so there is a new one after four.
  const offer = async (form) => {
    const field = document.getElementById(form.dataset.autofill);
    if (!field || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    field.autocomplete = "username webauthn";
    const own = (waiting = new AbortController());
    const renew = setTimeout(() => {
      own.abort();
      if (!document.hidden) return offer(form);
      addEventListener("visibilitychange", () => offer(form), { once: true });
    }, 240_000);
    try {
      const publicKey = await ask(form);
      send(form, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: own.signal }));
    } catch {
      // Another way was taken, or there is nothing to offer.
    } finally {
      clearTimeout(renew);
    }
  };
  for (const form of forms) offer(form);

  // Password managers are told which passkeys are of no use any more, where the browser can.
  for (const about of document.querySelectorAll("[data-passkey-signal]")) {
    PublicKeyCredential[about.dataset.passkeySignal]?.(JSON.parse(about.dataset.passkeyAbout)).catch(() => {});
  }
})();
