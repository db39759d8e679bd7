// One viewing of one link: asks the server for the manifest, fetches each file once and when it is wanted, opens it. Knows no page.

import { readJson } from "./exact-json.js";
import { openJwe } from "./jwe.js";

const EMBED_UP_TO = 250_000; // Results and letters come at once; pictures when they are looked at.
const TYPES = ["application/fhir+json", "application/smart-health-card"];

// Outcomes that are no error of ours: "gone", "passcode" (with triesLeft), "sign-in" (with issuer), "busy", "unreachable", "damaged".
export class Refused extends Error {
  constructor(kind, { triesLeft = null, issuer = "" } = {}) {
    super(kind);
    this.kind = kind;
    this.triesLeft = triesLeft;
    this.issuer = issuer;
  }
}

// link as parseLink gives it; viewing: a token from before, or ""; proof: of a sign-in, or "".
// -> { viewing, ahead, files: [{ isHere, read }] }: read() gives { text, bundle }; `ahead`: ms that the server's clock is ahead of ours.
export async function view(link, { recipient, passcode, viewing, proof }) {
  if (link.direct) {
    const answer = await ask(`${link.url}?${new URLSearchParams({ recipient })}`);
    return { viewing: "", ahead: aheadOf(answer), files: [fileOf(link, once(() => textOf(answer)), true)] };
  }
  const first = await manifest(link, { recipient, passcode, viewing, proof });
  const found = { ...first };
  const again = async () => Object.assign(found, await manifest(link, { recipient, passcode: "", viewing: first.viewing }));
  const files = first.files.map((file, i) => fileOf(link, once(() => sealedOf(found, i, link, again)), typeof file.embedded === "string"));
  return { viewing: first.viewing, ahead: first.ahead, files };
}

async function manifest(link, { recipient, passcode, viewing, proof = "" }) {
  const body = { recipient, embeddedLengthMax: EMBED_UP_TO };
  if (link.needsPasscode && !viewing) body.passcode = passcode;
  const headers = { "Content-Type": "application/json", "Vault-Viewing": viewing || "new", ...(proof && !viewing && { "Vault-Reader": proof }) };
  const answer = await ask(link.url, { method: "POST", headers, body: JSON.stringify(body) });
  const written = await textOf(answer);
  let files;
  try {
    files = JSON.parse(written).files.filter((file) => TYPES.includes(String(file.contentType).split(";")[0]));
  } catch {
    throw new Refused("damaged");
  }
  return { viewing: answer.headers.get("Vault-Viewing") ?? viewing, ahead: aheadOf(answer), files };
}

// A place holds for an hour; a viewing for longer: then the manifest is asked for new places, once.
async function sealedOf(found, i, link, again) {
  const file = found.files[i];
  if (typeof file.embedded === "string") return file.embedded;
  try {
    return await textOf(await ask(sameServer(file.location, link.url)));
  } catch (refusal) {
    if (refusal.kind !== "gone" || !found.viewing) throw refusal;
    await again();
    return textOf(await ask(sameServer(found.files[i].location, link.url)));
  }
}

const fileOf = (link, sealed, isHere) => ({ isHere, read: async () => opened(await sealed(), link.key) });

// The same promise for every caller, until it fails.
function once(work) {
  let promise = null;
  return () => (promise ??= work().catch((problem) => { promise = null; throw problem; }));
}

// Which codes are the same test, from this server's reviewed catalogue. Without it results are grouped by code alone.
export async function knownTests() {
  try {
    return await (await ask("/view/tests.json")).json();
  } catch {
    return {};
  }
}

async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { ...options, credentials: "omit", cache: "no-store", redirect: "error" });
  } catch {
    throw new Refused("unreachable");
  }
  if (answer.ok) return answer;
  if (answer.status === 401) throw new Refused("passcode", { triesLeft: await said(answer, "remainingAttempts", Number.isInteger, null) });
  if (answer.status === 403) throw new Refused("sign-in", { issuer: await said(answer, "signIn", (each) => typeof each === "string", "") });
  if (answer.status === 404 || answer.status === 410) throw new Refused("gone");
  throw new Refused(answer.status === 429 || answer.status === 503 ? "busy" : "unreachable");
}

// Tells the patient that this link is missed. The answer is the same whatever became of it.
export async function askAgain(url, recipient) {
  await ask(`${url}/ask`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ recipient, wants: "time" }) });
}

async function said(answer, name, isOne, otherwise) {
  try {
    const value = (await answer.json())[name];
    return isOne(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

async function textOf(answer) {
  try {
    return await answer.text();
  } catch {
    throw new Refused("unreachable");
  }
}

function aheadOf(answer) {
  const at = Date.parse(answer.headers.get("Date") ?? "");
  return Number.isNaN(at) ? 0 : at - Date.now();
}

function sameServer(location, url) {
  const address = new URL(location, url);
  if (address.origin !== new URL(url).origin) throw new Refused("damaged");
  return address.href;
}

async function opened(sealed, key) {
  try {
    const text = (await openJwe(sealed, key)).text.trim();
    return { text, bundle: readJson(text) };
  } catch {
    throw new Refused("damaged");
  }
}
