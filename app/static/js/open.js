// The screen that waits for a share: shows a code, then four digits, then opens what the patient handed over.
// Its key and its secret live in this page alone; a reload starts again with a new code.

import { begin, codeHashOf, digitsOf, idBytes, openSealed, textOf } from "./handover.js";
import { bytesOf } from "./jwe.js";
import { sayFrom, textsOf } from "./texts.js";

export const HANDED = "vault.handed"; // { text, recipient, pass }: what the viewer opens next, and takes away at once.
const SOON_MS = 1000, LATER_MS = 3000, LONGEST_MS = 15_000;
const SOON_FOR_MS = 60_000;
const part = (id) => document.getElementById(id);
const states = [...document.querySelectorAll("[data-state]")];
const say = sayFrom(textsOf(part("texts")));
let mine = null; // { screen, id, secret, code, codeHash, endsAt, theirs, digits } of the hand-over that is on the screen
let handed = null; // the message, once it is here and waits for a name

class Answered extends Error {
  constructor(status) {
    super(String(status));
    this.status = status;
  }
}

function show(name) {
  for (const node of states) node.hidden = node.dataset.state !== name;
  const state = states.find((node) => node.dataset.state === name);
  document.title = say("title", { words: state.dataset.title });
  part("who").hidden = !["waiting", "comparing", "ready"].includes(name);
  part("go").hidden = name !== "ready";
  part("recipient-early").hidden = name === "ready";
  if (document.activeElement === part("recipient")) part("status").textContent = state.dataset.title; // Typing isn't disturbed.
  else state.querySelector("h1").focus();
}

async function call(path, method = "GET", body = undefined) {
  const headers = { ...(mine ? { "Handover-Secret": mine.secret } : {}), ...(body ? { "Content-Type": "application/json" } : {}) };
  const answer = await fetch(`/api/handovers${path}`, { method, headers, body: body && JSON.stringify(body), credentials: "omit", cache: "no-store", redirect: "error" });
  if (!answer.ok) throw new Answered(answer.status);
  return answer.status === 204 ? null : answer.json();
}

async function start() {
  mine = handed = null;
  if (!globalThis.crypto?.subtle) return show("no-crypto");
  try {
    const screen = await begin();
    const made = await call("", "POST", { public_key: textOf(screen.point), commitment: textOf(screen.commitment) });
    const id = idBytes(made.handover_id);
    mine = { screen, id, path: `/${made.handover_id}`, secret: made.secret, code: made.code, codeHash: await codeHashOf(id, made.code), endsAt: Date.parse(made.expires_at), began: Date.now(), theirs: null, digits: "" };
  } catch (refusal) {
    return show(refusal instanceof Answered ? "busy" : "unreachable");
  }
  part("code").replaceChildren(...[mine.code.slice(0, 4), mine.code.slice(4)].map((group) => Object.assign(document.createElement("span"), { textContent: group })));
  part("qr").src = `/open/qr.svg?${new URLSearchParams({ code: mine.code })}`;
  show("waiting");
  return follow(mine);
}

// Asks again and again, slower after a minute and after a fault, until it is over: at most some ten minutes.
async function follow(asked) {
  let pause = SOON_MS;
  while (mine === asked) {
    await new Promise((done) => { setTimeout(done, pause); });
    if (mine !== asked) return;
    if (Date.now() > asked.endsAt + SOON_MS) return end(asked);
    timeLeft(asked);
    try {
      if (await step(asked, await call(asked.path))) return;
      pause = asked.theirs || Date.now() - asked.began < SOON_FOR_MS ? SOON_MS : LATER_MS;
    } catch (refusal) {
      if (mine !== asked) return;
      if (refusal instanceof Answered && refusal.status < 500 && refusal.status !== 429) return end(asked);
      pause = Math.min(pause * 2, LONGEST_MS);
    }
  }
}

// -> whether there is nothing more to wait for
async function step(asked, seen) {
  asked.endsAt = Date.parse(seen.expires_at);
  if (!asked.theirs && seen.citizen_nonce) asked.theirs = bytesOf(seen.citizen_nonce); // The first one counts, whatever comes later.
  if (!asked.theirs) return false;
  const { screen } = asked;
  if (seen.state === "claimed") await call(`${asked.path}/reveal`, "POST", { nonce: textOf(screen.nonce) });
  if (!asked.digits) {
    asked.digits = await digitsOf(asked.id, asked.codeHash, screen.point, screen.nonce, asked.theirs);
    part("digits").replaceChildren(...[...asked.digits].map((digit) => Object.assign(document.createElement("span"), { textContent: digit })));
    part("digits").setAttribute("aria-label", [...asked.digits].join(" "));
    show("comparing");
  }
  if (seen.state !== "sealed") return false;
  const { sealed } = await call(`${asked.path}/fetch`, "POST");
  try {
    const { id, codeHash, theirs } = asked;
    handed = await openSealed(bytesOf(sealed), { privateKey: screen.keys.privateKey, point: screen.point, id, codeHash, theirs });
  } catch {
    show("damaged");
    return true;
  }
  if (part("recipient").value.trim() && document.activeElement !== part("recipient")) open();
  else {
    show("ready");
    part("recipient").focus();
  }
  return true;
}

function end(asked) {
  mine = null;
  show(asked.theirs ? "stopped" : "expired");
}

function timeLeft({ endsAt, theirs }) {
  const minutes = Math.floor((endsAt - Date.now()) / 60_000);
  if (!theirs) part("left").textContent = minutes < 1 ? say("late") : say("left", { count: minutes });
}

function open() {
  const recipient = part("recipient").value.trim();
  part("recipient-fault").hidden = recipient !== "";
  part("recipient-fault").textContent = recipient ? "" : part("recipient-fault").dataset.words;
  part("recipient-field").classList.toggle("wrong", !recipient);
  if (!recipient) {
    part("recipient").setAttribute("aria-invalid", "true");
    part("recipient").focus();
    return;
  }
  if (!handed) {
    part("recipient").removeAttribute("aria-invalid");
    part("recipient").blur();
    return;
  }
  sessionStorage.setItem(HANDED, JSON.stringify({ text: handed.shlink, recipient, pass: handed.pass ?? "" }));
  location.replace("/view");
}

part("who").addEventListener("submit", (event) => {
  event.preventDefault();
  open();
});
for (const node of document.querySelectorAll("[data-again]")) node.addEventListener("click", start);
// A page that is left waits no longer: its code is worth nothing from here on.
addEventListener("pagehide", () => {
  if (mine && !handed) fetch(`/api/handovers${mine.path}`, { method: "DELETE", headers: { "Handover-Secret": mine.secret }, credentials: "omit", keepalive: true }).catch(() => {});
});
addEventListener("pageshow", (event) => { if (event.persisted) start(); });

start();
