// Passkeys: asks the site what to sign, lets the browser sign it, and sends that as an ordinary form.
// Without this, or where a browser has no passkeys, the forms stay hidden and the other way in is on the page.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readable(options) {
  const list = options.excludeCredentials || options.allowCredentials || [];
  for (const one of list) one.id = bytes(one.id);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  return options;
}

function sendable(made) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[part]) response[part] = text(made.response[part]);
  }
  const { id, type } = made;
  return JSON.stringify({ id, rawId: text(made.rawId), type, response, clientExtensionResults: {} });
}

async function sign(form) {
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  const answer = await fetch(form.dataset.ask, { method: "POST", headers });
  if (!answer.ok) throw new Error("not asked");
  const publicKey = readable(await answer.json());
  const made = form.dataset.passkey === "make"
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey });
  form.elements.credential.value = sendable(made);
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const sorry = form.querySelector("[data-sorry]");
    sorry.hidden = true;
    sign(form).catch(() => { sorry.hidden = false; });
  });
}
