// The clinician's page. Nothing is fetched before Open is pressed; the key leaves the address bar at once and lives in this tab alone.

import { readBundles } from "./bundle.js";
import { dateWords, dayWords, timeWords } from "./dates.js";
import { LinkProblem, parseLink } from "./shlink.js";
import { asText, drawContents, saveButton } from "./viewer-draw.js";
import { Refused, knownTests, view } from "./viewing.js";

const KEPT = "vault.viewing";
const IDLE_MS = 15 * 60_000;
const part = (id) => document.getElementById(id);
const states = [...document.querySelectorAll("[data-state]")];
let now = null; // { text, link, recipient, viewing } of the link in this tab
let idle = 0;

function show(state, title = "") {
  for (const node of states) node.hidden = node.dataset.state !== state;
  document.title = `${title || "Shared records"} – Health data vault`;
  const heading = states.find((node) => node.dataset.state === state)?.querySelector("h1");
  if (heading && state !== "ask") heading.focus();
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify({ text: now.text, recipient: now.recipient, viewing: now.viewing }));
}

function forget() {
  sessionStorage.removeItem(KEPT);
  part("contents").replaceChildren();
  part("tools").replaceChildren();
  part("patient").textContent = part("born").textContent = "";
  part("ask-form").reset();
  clearTimeout(idle);
  now = null;
}

function take(text) {
  try {
    now = { text, link: parseLink(text, location.origin), recipient: "", viewing: "" };
  } catch (problem) {
    const kind = problem instanceof LinkProblem ? problem.kind : "damaged";
    forget();
    part("other-server").textContent = problem.host ?? "";
    show(kind, "This link can’t be opened here");
    return false;
  }
  return true;
}

function begin() {
  if (!globalThis.crypto?.subtle) return show("no-crypto", "This browser can’t open the link");
  if (location.hash.length > 1) {
    const text = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    if (take(text)) { keep(); ask(); }
    return undefined;
  }
  const kept = sessionStorage.getItem(KEPT);
  if (kept === null) return show("paste");
  const { text, recipient, viewing } = JSON.parse(kept);
  if (!take(text)) return undefined;
  now.recipient = recipient;
  now.viewing = viewing;
  return viewing ? open("") : ask();
}

function ask() {
  part("passcode-field").hidden = !now.link.needsPasscode;
  part("passcode").required = now.link.needsPasscode;
  part("recipient").value = now.recipient;
  part("ends").textContent = now.link.endsAt === null ? "" : `It stops working on ${dayWords(now.link.endsAt)} at ${timeWords(now.link.endsAt)}.`;
  complain("", "");
  show("ask");
}

function complain(field, words) {
  for (const id of ["recipient", "passcode"]) {
    const wrong = id === field;
    part(`${id}-fault`).textContent = wrong ? words : "";
    part(`${id}-fault`).hidden = !wrong;
    part(`${id}-field`).classList.toggle("wrong", wrong);
    if (wrong) part(id).setAttribute("aria-invalid", "true");
    else part(id).removeAttribute("aria-invalid");
  }
  if (field) {
    document.title = `Error: ${words} – Health data vault`;
    part(field).focus();
  }
}

async function open(passcode) {
  part("status").textContent = "Opening …";
  part("open").disabled = true;
  try {
    const { files, viewing } = await view(now.link, { recipient: now.recipient, passcode, viewing: now.viewing });
    now.viewing = viewing;
    keep();
    draw(readBundles(files.map(({ bundle }) => bundle), await knownTests()), files);
  } catch (refusal) {
    refuse(refusal instanceof Refused ? refusal : new Refused("damaged"));
  } finally {
    part("status").textContent = "";
    part("open").disabled = false;
  }
}

function refuse({ kind, triesLeft }) {
  if (kind === "passcode") {
    now.viewing = "";
    keep();
    ask();
    part("passcode").value = "";
    const tries = triesLeft === null ? "" : ` ${triesLeft} ${triesLeft === 1 ? "try is" : "tries are"} left.`;
    return complain("passcode", `That passcode is not right. Ask the patient for it.${tries}`);
  }
  if (kind === "gone") {
    const endsAt = now.link.endsAt;
    forget();
    part("gone-end").textContent = endsAt === null ? "The link names no end date." : `The end date in the link: ${dayWords(endsAt)}, ${timeWords(endsAt)}.`;
    return show("gone", "This link no longer works");
  }
  if (kind === "damaged") forget();
  return show(kind, "The link did not open");
}

function draw(contents, files) {
  const { patient, actions } = contents;
  part("patient").textContent = patient.name;
  part("born").textContent = patient.birthDate ? `Born ${dateWords(patient.birthDate)}` : "Date of birth not given";
  part("until").textContent = now.link.endsAt === null ? "" : `You can open this until ${dayWords(now.link.endsAt)}, ${timeWords(now.link.endsAt)}`;
  part("printed").textContent = `Opened ${dayWords(Date.now())}, ${timeWords(Date.now())}, as “${now.recipient}”`;
  drawContents(part("contents"), contents);
  tools(contents, files);
  document.body.classList.toggle("noprinting", !actions.has("print"));
  show("records");
  rest();
}

function tools(contents, files) {
  const { actions } = contents;
  part("tools").replaceChildren();
  if (actions.has("print")) {
    part("tools").append(button("Print", () => window.print()), button("Copy as text", async () => {
      try {
        await navigator.clipboard.writeText(asText(contents, part("caution").textContent.trim()));
        part("status").textContent = "Copied.";
      } catch {
        part("status").textContent = "Your browser did not allow copying.";
      }
    }));
  }
  if (actions.has("download")) {
    const whole = files.length === 1 ? files[0].text : `[${files.map(({ text }) => text).join(",\n")}]`;
    part("tools").append(saveButton("Save as FHIR file", "shared-records.json", whole, "application/fhir+json"));
  }
  part("tools").append(button("Close and clear", () => { forget(); show("closed", "Closed"); }));
}

function button(words, act) {
  const node = document.createElement("button");
  node.type = "button";
  node.className = "second";
  node.textContent = words;
  node.addEventListener("click", act);
  return node;
}

function rest() {
  clearTimeout(idle);
  if (!now) return;
  idle = setTimeout(() => { forget(); show("closed", "Closed"); }, IDLE_MS);
}

for (const happening of ["pointerdown", "keydown", "scroll"]) document.addEventListener(happening, rest, { passive: true });

part("ask-form").addEventListener("submit", (event) => {
  event.preventDefault();
  now.recipient = part("recipient").value.trim();
  if (!now.recipient) return complain("recipient", "Please enter your name: the patient sees who opened the link.");
  if (now.link.needsPasscode && !part("passcode").value.trim()) return complain("passcode", "Please enter the passcode. The patient has it.");
  return open(part("passcode").value.trim());
});
part("paste-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = part("pasted").value;
  part("pasted").value = "";
  if (take(text)) { keep(); ask(); }
});
for (const node of document.querySelectorAll("[data-again]")) node.addEventListener("click", () => (now?.viewing ? open("") : now ? ask() : begin()));
window.addEventListener("hashchange", () => { if (location.hash.length > 1) { forget(); begin(); } });

begin();
