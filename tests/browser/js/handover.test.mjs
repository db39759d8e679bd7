import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { begin, codeHashOf, commitmentOf, digitsOf, idBytes, openSealed, textOf } from "../../../app/static/js/handover.js";

const { handovers } = JSON.parse(readFileSync(new URL("../../vectors/handover.json", import.meta.url), "utf8"));
const raw = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (bytes) => Buffer.from(bytes).toString("hex");

function keyOf({ private: number, point }) {
  const [x, y] = [point.slice(2, 66), point.slice(66)].map((part) => Buffer.from(part, "hex").toString("base64url"));
  const jwk = { kty: "EC", crv: "P-256", x, y, d: Buffer.from(number, "hex").toString("base64url") };
  return crypto.subtle.importKey("jwk", jwk, { name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
}

async function opened(vector, changes = {}) {
  const parts = { privateKey: await keyOf(vector), point: raw(vector.point), id: raw(vector.handover_id), codeHash: raw(vector.code_hash), theirs: raw(vector.citizen_nonce) };
  return openSealed(raw(vector.sealed), { ...parts, ...changes });
}

test("commitment, code hash and digits are the server's, zeros in front included", async () => {
  for (const vector of handovers) {
    const [id, point, nonce, theirs] = [vector.handover_id, vector.point, vector.screen_nonce, vector.citizen_nonce].map(raw);
    assert.equal(hex(await commitmentOf(point, nonce)), vector.commitment);
    const codeHash = await codeHashOf(id, vector.code);
    assert.equal(hex(codeHash), vector.code_hash);
    assert.equal(await digitsOf(id, codeHash, point, nonce, theirs), vector.digits);
  }
  assert.ok(handovers.some(({ digits }) => digits.startsWith("0")));
});

test("what the server sealed opens here", async () => {
  for (const vector of handovers) assert.deepEqual(await opened(vector), vector.message);
});

test("what was sealed to another screen, hand-over, code or number stays shut", async () => {
  const [vector, other] = handovers;
  const changes = [
    { privateKey: await keyOf(other) }, { point: raw(other.point) }, { id: raw(other.handover_id) },
    { codeHash: raw(other.code_hash) }, { theirs: raw(other.citizen_nonce) },
  ];
  for (const change of changes) await assert.rejects(opened(vector, change));
  const broken = raw(vector.sealed);
  broken[broken.length - 1] ^= 1;
  await assert.rejects(opened({ ...vector, sealed: hex(broken) }));
});

test("a fresh screen has a key that can't be taken out and a number it keeps to", async () => {
  const { keys, point, nonce, commitment } = await begin();
  assert.equal(keys.privateKey.extractable, false);
  assert.equal(point.length, 65);
  assert.deepEqual(await commitmentOf(point, nonce), commitment);
  assert.equal(textOf(point).length, 87);
});

test("ids are read as bytes", () => {
  assert.equal(hex(idBytes("0b0f5d0e-0000-4000-8000-0000000000ff")), "0b0f5d0e000040008000" + "0000000000ff");
});
