// One hand-over as this screen reckons it: its key, its number, the digits, the opened message. Pure but for WebCrypto.
// docs/specs/handover.md; tests/vectors/handover.json holds both sides to it.

const words = new TextEncoder();
const EC = { name: "ECDH", namedCurve: "P-256" };

// The same bytes as the server's contexts: "hv/1" 00 label 00, then each part as u16be length and bytes.
export function contextOf(label, ...parts) {
  const pieces = [words.encode(`hv/1\0${label}\0`)];
  for (const part of parts) {
    const raw = typeof part === "string" ? words.encode(part) : part;
    pieces.push(Uint8Array.of(raw.length >> 8, raw.length & 255), raw);
  }
  return joined(...pieces);
}

export function joined(...pieces) {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export function textOf(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

// -> { keys, point, nonce, commitment }: the private key never leaves this browser, the number not before its time.
export async function begin() {
  const keys = await crypto.subtle.generateKey(EC, false, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  return { keys, point, nonce, commitment: await commitmentOf(point, nonce) };
}

export const commitmentOf = (point, nonce) => sha256(contextOf("handover-commit/1", point, nonce));
export const codeHashOf = (id, code) => sha256(contextOf("handover-code-hash/1", id, code));

// id: 16 bytes; the nonces 32 each -> "0000" to "9999"
export async function digitsOf(id, codeHash, point, nonce, theirs) {
  const seen = await sha256(contextOf("handover-digits/1", id, codeHash, point, nonce, theirs));
  const number = new DataView(seen.buffer).getBigUint64(0) % 10_000n;
  return String(number).padStart(4, "0");
}

// sealed: ephemeral point 65 | nonce 12 | AES-256-GCM -> the message; throws if it wasn't sealed to this key for this hand-over.
export async function openSealed(sealed, { privateKey, point, id, codeHash, theirs }) {
  const ephemeral = sealed.slice(0, 65);
  const info = joined(contextOf("handover-seal/1", id, codeHash), contextOf("handover-points/1", point, ephemeral));
  const other = await crypto.subtle.importKey("raw", ephemeral, EC, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: other }, privateKey, 256);
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: theirs, info };
  const key = await crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  const box = { name: "AES-GCM", iv: sealed.slice(65, 77), additionalData: info, tagLength: 128 };
  const plain = await crypto.subtle.decrypt(box, key, sealed.slice(77));
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain));
}

export function idBytes(text) {
  return Uint8Array.from(text.replaceAll("-", "").match(/../g), (pair) => Number.parseInt(pair, 16));
}
