// A passkey's form: the device checks who holds it and computes what opens the vault. Both go into the form, which is
// then sent like any other. What was computed stands in no other place, and not in what proves the check.

import { sayFrom, textsOf } from "./texts.js";

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withId = (each) => ({ ...each, id: toBytes(each.id) });

// The server's options, with bytes where the browser wants bytes.
export function readOptions(stated) {
  const options = { ...stated, challenge: toBytes(stated.challenge) };
  if (stated.user) options.user = withId(stated.user);
  if (stated.excludeCredentials) options.excludeCredentials = stated.excludeCredentials.map(withId);
  if (stated.allowCredentials) options.allowCredentials = stated.allowCredentials.map(withId);
  options.extensions = { prf: { eval: { first: toBytes(stated.extensions.prf.eval.first) } } };
  return options;
}

// What proves the check, as text; nothing of what extensions computed.
export function writeCredential(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
}

const outputOf = (credential) => credential.getClientExtensionResults().prf?.results?.first;

// Some devices compute nothing while they make a passkey, only when it is used.
async function made(options) {
  const credential = await navigator.credentials.create({ publicKey: options });
  let output = outputOf(credential);
  if (!output && credential.getClientExtensionResults().prf?.enabled) {
    const again = { challenge: crypto.getRandomValues(new Uint8Array(32)), rpId: options.rp.id, userVerification: "required", extensions: options.extensions };
    const used = await navigator.credentials.get({ publicKey: { ...again, allowCredentials: [{ type: "public-key", id: credential.rawId }] } });
    output = outputOf(used);
  }
  return { credential, output };
}

async function used(options) {
  const credential = await navigator.credentials.get({ publicKey: options });
  return { credential, output: outputOf(credential) };
}

async function run(form) {
  const answer = await fetch(form.dataset.options, { method: "POST", headers: { Accept: "application/json" } });
  if (!answer.ok) return "over";
  const options = readOptions(await answer.json());
  try {
    const { credential, output } = await (form.dataset.passkey === "make" ? made(options) : used(options));
    form.elements.credential.value = writeCredential(credential);
    form.elements.output.value = output ? toText(output) : "";
  } catch (fault) {
    return { NotAllowedError: "stopped", AbortError: "stopped", InvalidStateError: "known" }[fault.name] ?? "failed";
  }
  form.submit();
  return "";
}

if (window.PublicKeyCredential) {
  for (const hidden of document.querySelectorAll("[data-no-passkeys]")) hidden.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const say = sayFrom(textsOf(form.querySelector("template")));
    const said = form.querySelector("[data-said]");
    const button = form.querySelector("button");
    form.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      said.textContent = "";
      const fault = await run(form).catch(() => "failed");
      if (fault) {
        said.textContent = say(fault);
        button.disabled = false;
      }
    });
    form.addEventListener("submit", (event) => { event.preventDefault(); button.click(); });
  }
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
