// Reads a SMART Health Link (HL7 IG STU1) out of an address or a pasted text. It fetches nothing.

import { bytesOf } from "./jwe.js";

export class LinkProblem extends Error {
  // kind: "damaged", "newer" or "foreign"; host: the other server's name, for "foreign" alone.
  constructor(kind, host = "") {
    super(kind);
    this.kind = kind;
    this.host = host;
  }
}

// -> { url, key, needsPasscode, direct, endsAt (ms or null), label }; only links of `origin` are taken.
export function parseLink(text, origin) {
  const payload = payloadOf(text);
  if (payload.v !== undefined && payload.v !== 1) throw new LinkProblem("newer");
  const address = addressOf(payload.url);
  if (typeof payload.key !== "string" || !/^[A-Za-z0-9_-]{43}$/.test(payload.key)) throw new LinkProblem("damaged");
  if (address.origin !== origin) throw new LinkProblem("foreign", address.host);
  const flag = typeof payload.flag === "string" ? payload.flag : "";
  return {
    url: address.href,
    key: payload.key,
    needsPasscode: flag.includes("P"),
    direct: flag.includes("U"),
    endsAt: Number.isFinite(payload.exp) ? payload.exp * 1000 : null,
    label: typeof payload.label === "string" ? payload.label.slice(0, 80) : "",
  };
}

function payloadOf(text) {
  const found = /shlink:\/([A-Za-z0-9_-]+)\s*$/.exec(text);
  if (!found) throw new LinkProblem("damaged");
  let payload;
  try {
    payload = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(found[1])));
  } catch {
    throw new LinkProblem("damaged");
  }
  if (payload === null || typeof payload !== "object") throw new LinkProblem("damaged");
  return payload;
}

function addressOf(url) {
  try {
    const address = new URL(url);
    if (address.protocol === "https:" || address.protocol === "http:") return address;
  } catch {
    // Falls through: an address that can't be read is a damaged link.
  }
  throw new LinkProblem("damaged");
}
