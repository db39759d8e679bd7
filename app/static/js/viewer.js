// The doctor's page. Nothing is fetched before Open is pressed; the key leaves the address bar at once and lives in this
// tab alone, so that a reload works; closing, 15 idle minutes or the link's end take everything off the screen.

import { readBundles } from "./bundle.js";
import { dateWords } from "./dates.js";
import { LinkProblem, parseLink } from "./shlink.js";
import { Sitting } from "./sitting.js";
import { sayFrom, textsOf } from "./texts.js";
import { drawContents, unfold } from "./viewer-draw.js";
import { complain, momentWords, part, show } from "./viewer-states.js";
import { paperEdges, toolsFor } from "./viewer-tools.js";
import { Refused, askAgain, knownTests, view } from "./viewing.js";

const KEPT = "vault.viewing";
const HANDED = "vault.handed"; // { text, recipient, pass } by the page that was handed a link: opened at once, once.
const MINUTE = 60_000;
const say = sayFrom(textsOf(part("texts")));
const to = (state) => show(state, (words) => say("title", { words }));
const near = watchNear();
let now = null; // { text, link, recipient, viewing, proof } of the link in this tab
let held = null; // { contents, files, papers, sitting } while records are on the screen
let dead = null; // { url } of a link that no longer works, to ask the patient again

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify({ text: now.text, recipient: now.recipient, viewing: now.viewing, proof: now.proof }));
}

// Nothing of the records, the key or the typed name is left in this tab.
function forget() {
  sessionStorage.removeItem(KEPT);
  history.replaceState(null, "", location.pathname);
  held?.sitting.stop();
  for (const paper of held?.papers ?? []) paper.free();
  held = now = dead = null;
  part("contents").replaceChildren();
  part("tools").replaceChildren();
  for (const id of ["patient", "born", "until", "printed", "ends", "gone-end", "issuer", "status"]) part(id).textContent = "";
  for (const form of document.querySelectorAll("main form")) form.reset();
  paperEdges({ running: "", page: "", of: "" });
  document.body.classList.remove("noprinting");
  part("idle").close();
}

function take(text) {
  try {
    now = { text, link: parseLink(text, location.origin), recipient: "", viewing: "", proof: "" };
  } catch (problem) {
    forget();
    part("other-server").textContent = problem.host ?? "";
    to(problem instanceof LinkProblem ? problem.kind : "damaged");
    return false;
  }
  return true;
}

function begin() {
  if (!globalThis.crypto?.subtle) return to("no-crypto");
  if (location.hash.includes("shlink:/") || (location.hash.length > 1 && !held)) {
    const text = location.hash.slice(1);
    forget();
    if (take(text)) { keep(); ask(); }
    return undefined;
  }
  const handed = sessionStorage.getItem(HANDED);
  if (handed !== null) return takeHanded(JSON.parse(handed));
  const kept = sessionStorage.getItem(KEPT);
  if (kept === null) return to("paste");
  const { text, recipient, viewing, proof = "" } = JSON.parse(kept);
  if (!take(text)) return undefined;
  now.recipient = recipient;
  now.viewing = viewing;
  now.proof = proof;
  return viewing || (proof && recipient && !now.link.needsPasscode) ? open("") : ask();
}

// What the patient handed over to this screen: the name was asked there, and a pass stands for the passcode.
function takeHanded({ text, recipient, pass }) {
  sessionStorage.removeItem(HANDED);
  forget();
  if (!take(text)) return undefined;
  now.recipient = recipient;
  keep();
  return pass || !now.link.needsPasscode ? open(pass) : ask();
}

function ask() {
  part("passcode-field").hidden = !now.link.needsPasscode;
  part("recipient").value = now.recipient;
  part("ends").textContent = now.link.endsAt === null ? "" : say("ends", { when: momentWords(now.link.endsAt) });
  complain(["recipient", "passcode"], "");
  to("ask");
}

function fault(field, words) {
  complain(["recipient", "passcode"], field, words);
  document.title = say("title", { words: say("title.error", { words }) });
}

async function open(passcode) {
  const asked = now;
  part("status").textContent = say("opening");
  part("open").setAttribute("aria-disabled", "true");
  try {
    const found = await view(now.link, { recipient: now.recipient, passcode, viewing: now.viewing, proof: now.proof });
    const known = await knownTests();
    let here = found.files.filter((file, i) => file.isHere || i === 0);
    let contents = readBundles((await Promise.all(here.map((file) => file.read()))).map(({ bundle }) => bundle), known);
    if (!contents.hasComposition && here.length < found.files.length) {
      here = found.files;
      contents = readBundles((await Promise.all(here.map((file) => file.read()))).map(({ bundle }) => bundle), known);
    }
    if (now !== asked) return;
    now.viewing = found.viewing;
    keep();
    draw({ contents, files: found.files, later: found.files.filter((file) => !here.includes(file)), known, ahead: found.ahead });
    part("status").textContent = "";
  } catch (refusal) {
    if (now === asked) refuse(refusal instanceof Refused ? refusal : new Refused("damaged"));
  } finally {
    part("open").removeAttribute("aria-disabled");
  }
}

function refuse({ kind, triesLeft, issuer }) {
  part("status").textContent = "";
  if (kind === "passcode" && triesLeft !== 0) {
    now.viewing = "";
    keep();
    ask();
    part("passcode").value = "";
    return fault("passcode", [say("fault.wrong"), triesLeft === null ? "" : say("tries", { count: triesLeft })].filter(Boolean).join(" "));
  }
  if (kind === "sign-in") return signIn(issuer);
  if (kind === "gone") return gone(false);
  if (kind === "damaged" || kind === "passcode") forget();
  return to(kind === "passcode" ? "locked" : kind);
}

// The link is for one person: they sign in elsewhere and come back to this tab, which keeps the link.
function signIn(issuer) {
  now.proof = now.viewing = "";
  keep();
  part("issuer").textContent = issuer.replace(/^https?:\/\//, "");
  part("link-id").value = now.link.url.split("/").at(-1);
  to("sign-in");
}

// hadRecords: they were on the screen, and have been taken off it.
function gone(hadRecords) {
  const { link, recipient } = now;
  forget();
  dead = { url: link.url };
  part("gone-end").textContent = link.endsAt === null ? say("gone.noend") : say("gone.end", { when: momentWords(link.endsAt) });
  part("gone-cleared").hidden = !hadRecords;
  part("asking").hidden = link.direct;
  part("asked").hidden = true;
  part("asker").value = recipient;
  complain(["asker"], "");
  to("gone");
}

function draw({ contents, files, later, known, ahead }) {
  const { patient, actions } = contents;
  const { link, recipient } = now;
  const lines = { name: patient.name || say("patient.none"), born: patient.birthDate ? say("born", { when: dateWords(patient.birthDate) }) : say("born.none") };
  part("patient").textContent = lines.name;
  part("born").textContent = lines.born;
  part("until").textContent = link.endsAt === null ? "" : say("open.until", { when: momentWords(link.endsAt) });
  part("printed").textContent = say("opened", { when: momentWords(Date.now()), who: recipient });
  const canSave = actions.has("download");
  const lazily = later.map((file) => ({ read: async () => readBundles([(await reading(file)).bundle], known) }));
  const papers = drawContents(part("contents"), contents, { say, canSave, near, later: lazily });
  held?.sitting.stop();
  held = { contents, files, papers, sitting: sit(link.endsAt === null ? null : link.endsAt - ahead) };
  part("tools").replaceChildren(...toolsFor(actions, { say, viewed: held, read: reading, close }));
  document.body.classList.toggle("noprinting", !actions.has("print"));
  paperEdges({ running: actions.has("print") ? `${lines.name}, ${lines.born}` : "", page: say("paper.page"), of: say("paper.of") });
  to("records");
}

// A file of the records on the screen; a link that ended meanwhile takes them off it.
async function reading(file) {
  try {
    return await file.read();
  } catch (refusal) {
    if (refusal.kind === "gone" && held) gone(true);
    throw refusal;
  }
}

function sit(endsAt) {
  const warned = () => { part("status").textContent = ""; part("idle").showModal(); };
  return new Sitting({
    idle: 15 * MINUTE, warn: MINUTE, endsAt, onWarn: warned,
    onStay: () => { part("idle").close(); part("status").textContent = say("stayed"); },
    onIdle: () => { forget(); to("closed"); },
    onEnd: () => gone(true),
  });
}

function close() {
  forget();
  to("closed");
}

// near(node, act): act once, when the node is within a screen's height of the screen.
function watchNear() {
  const acts = new WeakMap();
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      acts.get(target)();
    }
  }, { rootMargin: "100% 0%" });
  return (node, act) => { acts.set(node, act); seen.observe(node); };
}

for (const happening of ["pointerdown", "keydown", "wheel", "touchstart"]) document.addEventListener(happening, ({ target }) => { if (!part("idle").contains(target)) held?.sitting.touch(); }, { passive: true, capture: true });
for (const waking of ["visibilitychange", "pageshow", "focus"]) window.addEventListener(waking, () => held?.sitting.check());
window.addEventListener("beforeprint", () => unfold(part("contents")));
window.addEventListener("afterprint", () => held?.papers.forEach((paper) => paper.rest()));
window.addEventListener("hashchange", () => { if (location.hash.includes("shlink:/")) begin(); });
for (const [id, happening] of [["stay", "click"], ["idle", "cancel"]]) part(id).addEventListener(happening, () => held?.sitting.touch());
part("leave").addEventListener("click", close);
part("ask-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (part("open").getAttribute("aria-disabled")) return undefined;
  now.recipient = part("recipient").value.trim();
  if (!now.recipient) return fault("recipient", say("fault.recipient"));
  if (now.link.needsPasscode && !part("passcode").value.trim()) return fault("passcode", say("fault.passcode"));
  complain(["recipient", "passcode"], "");
  return open(part("passcode").value.trim());
});
part("paste-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = part("pasted").value;
  part("pasted").value = "";
  if (take(text)) { keep(); ask(); }
});
part("asking-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const who = part("asker").value.trim();
  if (!who) return complain(["asker"], "asker", say("fault.recipient"));
  complain(["asker"], "");
  try {
    await askAgain(dead.url, who);
    part("asking").hidden = true;
    part("asked").hidden = false;
    part("asked").focus();
  } catch {
    complain(["asker"], "asker", say("asked.not"));
  }
  return undefined;
});
for (const node of document.querySelectorAll("[data-again]")) node.addEventListener("click", () => (now?.viewing ? open("") : now ? ask() : begin()));

begin();
