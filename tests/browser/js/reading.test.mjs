import assert from "node:assert/strict";
import { test } from "node:test";
import { readBundles } from "../../../app/static/js/bundle.js";
import { dateWords } from "../../../app/static/js/dates.js";
import { readJson } from "../../../app/static/js/exact-json.js";
import { bytesOf, openJwe } from "../../../app/static/js/jwe.js";
import { parseLink } from "../../../app/static/js/shlink.js";

const HERE = "http://localhost:8000";
const KEY = "A".repeat(43);
const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const linkOf = (payload) => `${HERE}/view#shlink:/${encode({ url: `${HERE}/shl/x`, key: KEY, ...payload })}`;
const kindOf = (text) => { try { parseLink(text, HERE); return "fine"; } catch (problem) { return problem.kind; } };

test("numbers keep the figures they were written with", () => {
  assert.deepEqual(readJson('{"a": 0.80, "b": [-1.50e3, "3.10", 0], "c\\"1": "x\\\\"}  \n'), { a: "0.80", b: ["-1.50e3", "3.10", "0"], 'c"1': "x\\" });
});
test("text that is no JSON is refused", () => {
  for (const bad of ["{", '{"a": 01}', '{"a": 1.2.3}', '"open', "[1 2]"]) assert.throws(() => readJson(bad), bad);
});
test("a fifteen megabyte string is read without running out of stack", () => {
  assert.equal(readJson(`{"data": "${"A".repeat(15_000_000)}"}`).data.length, 15_000_000);
});
test("a link of this server is understood", () => {
  assert.deepEqual(parseLink(linkOf({ flag: "P", exp: 1_800_000_000, label: "x".repeat(99), other: 1 }), HERE),
    { url: `${HERE}/shl/x`, key: KEY, needsPasscode: true, direct: false, endsAt: 1_800_000_000_000, label: "x".repeat(80) });
});
test("links of other servers, newer links and damaged links are told apart", () => {
  assert.equal(kindOf(linkOf({ url: "https://elsewhere.example/shl/x" })), "foreign");
  assert.equal(kindOf(linkOf({ v: 2 })), "newer");
  for (const payload of [{ key: "short" }, { url: "javascript:alert(1)" }, { url: 7 }]) assert.equal(kindOf(linkOf(payload)), "damaged");
  for (const text of ["", "hello", `shlink:/${encode("{").slice(1)}`, linkOf({}).slice(0, -9), `shlink:/${encode("null")}`]) assert.equal(kindOf(text), "damaged");
});

async function sealed(header, plain) {
  const key = await crypto.subtle.importKey("raw", bytesOf(KEY), "AES-GCM", false, ["encrypt"]);
  const iv = new Uint8Array(12), head = encode(header);
  const whole = Buffer.from(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: Buffer.from(head) }, key, Buffer.from(plain)));
  return [head, "", Buffer.from(iv).toString("base64url"), whole.subarray(0, -16).toString("base64url"), whole.subarray(-16).toString("base64url")].join(".");
}
test("a sealed file opens with its key alone, and not once changed", async () => {
  const jwe = await sealed({ alg: "dir", enc: "A256GCM", cty: "application/fhir+json" }, '{"a":1}   ');
  assert.deepEqual(await openJwe(jwe, KEY), { contentType: "application/fhir+json", text: '{"a":1}   ' });
  await assert.rejects(openJwe(jwe, `B${KEY.slice(1)}`));
  for (let at = 0; at < jwe.length; at += 7) if (jwe[at] !== ".") await assert.rejects(openJwe(jwe.slice(0, at) + (jwe[at] === "C" ? "D" : "C") + jwe.slice(at + 1), KEY), String(at));
});
test("other algorithms and compressed files are refused", async () => {
  for (const header of [{ alg: "none" }, { alg: "dir", enc: "A128GCM" }, { alg: "dir", enc: "A256GCM", zip: "DEF" }]) await assert.rejects(openJwe(await sealed(header, "{}"), KEY));
});

const observation = (more) => ({ resourceType: "Observation", status: "final", code: { coding: [{ system: "http://loinc.org", code: "19123-9" }], text: "Magnesium" }, effectiveDateTime: "2025-03-04", ...more });
const rowOf = (more) => readBundles([observation(more)]).tests[0].rows[0];
const quantity = (value, comparator) => ({ value, unit: "mmol/L", comparator });
const range = (low, high, more) => [{ low: low && { value: low, unit: "mmol/L" }, high: high && { value: high, unit: "mmol/L" }, ...more }];

test("low and high follow the lab's own range, bounds included", () => {
  const flag = (value, comparator, low, high) => rowOf({ valueQuantity: quantity(value, comparator), referenceRange: range(low, high) }).flag;
  assert.equal(flag("0.65", "", "0.70", "1.00"), "low");
  assert.equal(flag("0.70", "", "0.70", "1.00"), "");
  assert.equal(flag("1.10", "", undefined, "1.00"), "high");
  assert.equal(flag("0.5", "<", "0.70", "1.00"), "low");
  assert.equal(flag("0.8", "<", "0.70", "1.00"), "");
  assert.equal(flag("3", ">", "0.70", "1.00"), "high");
});
test("a range in another unit is shown with it and flags nothing", () => {
  const row = rowOf({ valueQuantity: quantity("0.1"), referenceRange: [{ low: { value: "1.7", unit: "mg/dL" }, high: { value: "2.4", unit: "mg/dL" } }] });
  assert.deepEqual([row.rangeWords, row.flag, row.low], ["1.7 to 2.4 mg/dL", "", ""]);
});
test("text results, missing values and components are rows too", () => {
  assert.equal(rowOf({ valueString: "haemolysed" }).words, "haemolysed");
  assert.equal(rowOf({ dataAbsentReason: { text: "not done" } }).words, "no value: not done");
  const pressure = readBundles([observation({ code: { text: "Blood pressure" }, component: [{ code: { text: "Systolic" }, valueQuantity: quantity("120") }, { code: { text: "Diastolic" }, valueQuantity: quantity("80") }] })]);
  assert.deepEqual(pressure.tests.map(({ name }) => name), ["Diastolic", "Systolic"]);
});
test("one test of the catalogue is one table whatever its code; a name alone joins nothing coded", () => {
  const coded = (code, text) => observation({ code: { coding: [{ system: "http://loinc.org", code }], text } });
  const known = { "19123-9": ["magnesium", "Magnesium (serum)"], "2601-3": ["magnesium", "Magnesium (serum)"] };
  const { tests } = readBundles([coded("19123-9", "Mg"), coded("2601-3", "Magnesium"), coded("2597-3", "Magnesium")], known);
  assert.deepEqual(tests.map(({ name, rows }) => [name, rows.length]), [["Magnesium", 1], ["Magnesium (serum)", 2]]);
});
test("nothing but looking is permitted unless the Composition says so", () => {
  const composition = (...codes) => ({ resourceType: "Bundle", entry: [{ resource: { resourceType: "Composition", extension: codes.map((valueCode) => ({ url: "urn:health-data-vault:permitted-action", valueCode })) } }] });
  assert.deepEqual([...readBundles([composition()]).actions], ["view"]);
  assert.deepEqual([...readBundles([composition("view", "print", "erase")]).actions], ["view", "print"]);
  assert.deepEqual([...readBundles([{}, null, { resourceType: "Bundle", entry: "x" }]).actions], ["view"]);
});
test("dates stay as precise as they were written and never shift", () => {
  assert.equal(dateWords("2026-04-05"), "5 Apr 2026");
  assert.equal(dateWords("2026-04"), "Apr 2026");
  assert.equal(dateWords("2026-04-05T23:30:00+02:00"), "5 Apr 2026, 23:30 (UTC+02:00)");
  assert.equal(dateWords(""), "no date");
});
