// One viewing of one link: asks the server for the manifest, fetches its files once, opens them. Knows no page.

import { readJson } from "./exact-json.js";
import { openJwe } from "./jwe.js";

const EMBED_UP_TO = 4_000_000;

// Outcomes that are no error of ours: "gone", "passcode" (with triesLeft), "busy", "unreachable", "damaged".
export class Refused extends Error {
  constructor(kind, triesLeft = null) {
    super(kind);
    this.kind = kind;
    this.triesLeft = triesLeft;
  }
}

// link as parseLink gives it; ticket: a viewing token from before, or "". -> { files: [{ text, bundle }], viewing }
export async function view(link, { recipient, passcode, viewing }) {
  if (link.direct) {
    const address = `${link.url}?${new URLSearchParams({ recipient })}`;
    return { files: [await opened(await textOf(await ask(address)), link.key)], viewing: "" };
  }
  const body = { recipient, embeddedLengthMax: EMBED_UP_TO };
  if (link.needsPasscode && !viewing) body.passcode = passcode;
  const answer = await ask(link.url, { method: "POST", headers: { "Content-Type": "application/json", "Vault-Viewing": viewing || "new" }, body: JSON.stringify(body) });
  const manifest = JSON.parse(await textOf(answer));
  const files = [];
  for (const file of manifest.files ?? []) {
    if (!["application/fhir+json", "application/smart-health-card"].includes(String(file.contentType).split(";")[0])) continue;
    const sealed = typeof file.embedded === "string" ? file.embedded : await textOf(await ask(sameServer(file.location, link.url)));
    files.push(await opened(sealed, link.key));
  }
  return { files, viewing: answer.headers.get("Vault-Viewing") ?? viewing };
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
  if (answer.status === 401) throw new Refused("passcode", await triesLeft(answer));
  if (answer.status === 404 || answer.status === 410) throw new Refused("gone");
  throw new Refused(answer.status === 429 || answer.status === 503 ? "busy" : "unreachable");
}

async function triesLeft(answer) {
  try {
    const { remainingAttempts } = await answer.json();
    return Number.isInteger(remainingAttempts) ? remainingAttempts : null;
  } catch {
    return null;
  }
}

async function textOf(answer) {
  try {
    return await answer.text();
  } catch {
    throw new Refused("unreachable");
  }
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
