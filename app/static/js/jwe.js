// Compact JWE, "dir" with A256GCM, opened by WebCrypto alone. Anything else is refused; no header is trusted before that.

export class Unreadable extends Error {}

export function bytesOf(base64url) {
  if (!/^[A-Za-z0-9_-]*$/.test(base64url)) throw new Unreadable("not base64url");
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// key: 32 bytes in base64url. -> { contentType, text }
export async function openJwe(compact, key) {
  const parts = compact.trim().split(".");
  if (parts.length !== 5 || parts[1] !== "") throw new Unreadable("not a direct JWE");
  const [head, , iv, sealed, tag] = parts;
  const header = headerOf(head);
  const body = joined(bytesOf(sealed), bytesOf(tag));
  const aes = await crypto.subtle.importKey("raw", bytesOf(key), "AES-GCM", false, ["decrypt"]);
  let plain;
  try {
    plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytesOf(iv), additionalData: new TextEncoder().encode(head), tagLength: 128 }, aes, body);
  } catch {
    throw new Unreadable("seal broken");
  }
  return { contentType: typeof header.cty === "string" ? header.cty : "", text: new TextDecoder("utf-8", { fatal: true }).decode(plain) };
}

function headerOf(encoded) {
  let header;
  try {
    header = JSON.parse(new TextDecoder().decode(bytesOf(encoded)));
  } catch {
    throw new Unreadable("header");
  }
  if (header?.alg !== "dir" || header.enc !== "A256GCM" || header.zip !== undefined) throw new Unreadable("other algorithm");
  return header;
}

function joined(a, b) {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
