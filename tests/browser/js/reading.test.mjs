import assert from "node:assert/strict";
import { test } from "node:test";
import { readBundles } from "../../../app/static/js/bundle.js";
import { dateWords } from "../../../app/static/js/dates.js";
import { readJson } from "../../../app/static/js/exact-json.js";
import { bytesOf, openJwe } from "../../../app/static/js/jwe.js";
import { parseLink } from "../../../app/static/js/shlink.js";
import { Sitting } from "../../../app/static/js/sitting.js";
import { sayFrom } from "../../../app/static/js/texts.js";
import { asText } from "../../../app/static/js/viewer-text.js";
import { rangeWords, rowWords, valueWords } from "../../../app/static/js/viewer-words.js";

const say = (key, values = {}) => [key, ...Object.values(values)].join(" ");

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
const measureOf = (more) => rowOf(more).values[0];
const quantity = (value, comparator) => ({ value, unit: "mmol/L", comparator });
const range = (low, high, more) => [{ low: low && { value: low, unit: "mmol/L" }, high: high && { value: high, unit: "mmol/L" }, ...more }];

test("low and high follow the lab's own range, bounds included", () => {
  const flag = (value, comparator, low, high) => measureOf({ valueQuantity: quantity(value, comparator), referenceRange: range(low, high) }).flag;
  assert.equal(flag("0.65", "", "0.70", "1.00"), "low");
  assert.equal(flag("0.70", "", "0.70", "1.00"), "");
  assert.equal(flag("1.10", "", undefined, "1.00"), "high");
  assert.equal(flag("0.5", "<", "0.70", "1.00"), "low");
  assert.equal(flag("0.8", "<", "0.70", "1.00"), "");
  assert.equal(flag("3", ">", "0.70", "1.00"), "high");
});
test("the lab's own mark counts where its range says nothing", () => {
  const marked = (code, more) => { const { flag, flagBy } = measureOf({ valueString: "seen", interpretation: [{ coding: [{ code }] }], ...more }); return [flag, flagBy]; };
  assert.deepEqual([marked("HH"), marked("A"), marked("N")], [["high", "lab"], ["unusual", "lab"], ["", ""]]);
  assert.deepEqual(marked("H", { valueString: undefined, valueQuantity: quantity("0.5"), referenceRange: range("0.70", "1.00") }), ["low", "range"]);
});
test("a range in another unit is shown with it and flags nothing", () => {
  const measure = measureOf({ valueQuantity: quantity("0.1"), referenceRange: [{ low: { value: "1.7", unit: "mg/dL" }, high: { value: "2.4", unit: "mg/dL" } }] });
  assert.deepEqual([rangeWords(measure, say), measure.flag, measure.low], ["range.between 1.7 2.4 mg/dL", "", ""]);
});
test("one-sided ranges, text results, missing values, answers and bounds have words", () => {
  const words = (more) => valueWords(measureOf(more), say);
  assert.equal(rangeWords(measureOf({ valueQuantity: quantity("1"), referenceRange: range(undefined, "1.00") }), say), "range.upto 1.00");
  assert.equal(rangeWords(measureOf({ valueQuantity: quantity("1"), referenceRange: [{ text: "see note" }] }), say), "see note");
  assert.equal(words({ valueQuantity: quantity("0.5", "<") }), "<0.5 mmol/L");
  assert.equal(words({ valueString: "haemolysed" }), "haemolysed");
  assert.equal(words({ dataAbsentReason: { text: "not done" } }), "value.absent not done");
  assert.equal(words({ valueBoolean: true }), "answer.yes");
  assert.equal(words({ valueRange: { low: { value: "1" }, high: { value: "3", unit: "/field" } } }), "range.between 1 3 /field");
  assert.equal(words({}), "value.none");
});
test("blood pressure is one row of two parts", () => {
  const pressure = readBundles([observation({ code: { text: "Blood pressure" }, component: [{ code: { text: "Systolic" }, valueQuantity: quantity("120") }, { code: { text: "Diastolic" }, valueQuantity: quantity("80") }] })]);
  assert.deepEqual(pressure.tests.map(({ name, rows }) => [name, rows[0].values.map(({ name: part }) => part)]), [["Blood pressure", ["Systolic", "Diastolic"]]]);
  assert.equal(rowWords(pressure.tests[0].rows[0], say), "Systolic: 120 mmol/L; Diastolic: 80 mmol/L");
});
test("a row says where it came from; without a word of ours it is an uploaded file", () => {
  const from = (system, code) => rowOf({ meta: { tag: [{ system, code }] } }).source;
  const ours = "urn:health-data-vault:source";
  assert.deepEqual([from(ours, "lab"), from(ours, "document"), from(ours, "typed"), from(ours, "invented"), from("https://elsewhere.example", "lab"), rowOf({}).source], ["lab", "document", "typed", "file", "file", "file"]);
});
test("one test of the catalogue is one table whatever its code; a name alone joins nothing coded; newest first", () => {
  const coded = (code, text, day) => observation({ code: { coding: [{ system: "http://loinc.org", code }], text }, effectiveDateTime: day });
  const known = { "19123-9": ["magnesium", "Magnesium (serum)"], "2601-3": ["magnesium", "Magnesium (serum)"] };
  const { tests } = readBundles([coded("2597-3", "Magnesium", "2025-03-04"), coded("19123-9", "Mg", "2024-01-01"), coded("2601-3", "Magnesium", "2025-06-01T08:00:00+02:00")], known);
  assert.deepEqual(tests.map(({ name, rows }) => [name, rows.map(({ taken }) => taken.slice(0, 10))]), [["Magnesium (serum)", ["2025-06-01", "2024-01-01"]], ["Magnesium", ["2025-03-04"]]]);
});
test("a document is its pages, and its original only where it came along", () => {
  const part = (title, contentType) => ({ attachment: { title, contentType, data: "QUJD" } });
  const read = (...content) => readBundles([{ resourceType: "DocumentReference", description: "Letter", content }]).documents[0];
  const titles = ({ pages, originals }) => [pages.map(({ title }) => title), originals.map(({ title }) => title)];
  assert.deepEqual(titles(read(part("Page 1 of 2", "image/jpeg"), part("Page 2 of 2", "image/jpeg"))), [["Page 1 of 2", "Page 2 of 2"], []]);
  assert.deepEqual(titles(read(part("Page 1 of 1", "image/jpeg"), part("scan.jpg", "image/jpeg"))), [["Page 1 of 1"], ["scan.jpg"]]);
  assert.deepEqual(titles(read(part("photo.png", "image/png"))), [["photo.png"], ["photo.png"]]);
  assert.equal(read(part("Page 1 of 1", "image/jpeg")).title, "Letter");
});
test("conditions, medicines and what nobody knows are read with all they say", () => {
  const { records } = readBundles([
    { resourceType: "Condition", code: { text: "Asthma" }, clinicalStatus: { coding: [{ code: "active" }] }, onsetDateTime: "2001", verificationStatus: { coding: [{ code: "confirmed" }] } },
    { resourceType: "AllergyIntolerance", code: { text: "Nuts" }, criticality: "high", reaction: [{ manifestation: [{ text: "rash" }], severity: "mild" }] },
    { resourceType: "MedicationRequest", medicationCodeableConcept: { text: "Naproxen" }, dosageInstruction: [{ text: "one a day" }], status: "active" },
    { resourceType: "CarePlan", status: "active", title: "Plan", activity: [{ detail: { status: "in-progress", code: { text: "Walk" } } }] },
  ]);
  const found = Object.fromEntries(records.map((each) => [each.group, each]));
  assert.deepEqual([found.conditions.name, found.conditions.status, found.conditions.date, found.conditions.details], ["Asthma", "active", "2001", [["", "confirmed"]]]);
  assert.deepEqual(found.allergies.details, [["reaction", "rash, mild"], ["criticality", "high"]]);
  assert.deepEqual([found.medicines.name, found.medicines.details], ["Naproxen", [["", "one a day"]]]);
  assert.deepEqual(found.others.facts, [["status", "active"], ["title", "Plan"], ["activity, detail, status", "in-progress"], ["activity, detail, code", "Walk"]]);
});
test("copied text has a line a result, tab between columns", () => {
  const contents = readBundles([observation({ valueQuantity: quantity("0.65"), referenceRange: range("0.70", "1.00"), performer: [{ display: "Lab\tA" }], status: "corrected" })]);
  const lines = asText(contents, ["Ana Example", "Chosen by the patient."], say).split("\n");
  assert.deepEqual([lines[0], lines[1], lines[3]], ["Ana Example", "Chosen by the patient.", "Magnesium"]);
  assert.equal(lines[5], "4 Mar 2025\t0.65 mmol/L\tflag.range.low\trange.between 0.70 1.00\tLab A\tsource.file\tstatus.corrected");
});
test("sentences are filled and counted", () => {
  const fromPage = sayFrom(new Map([["tries.one", "{count} try"], ["tries.other", "{count} tries"], ["hello", "Hello {who}"]]));
  assert.deepEqual([fromPage("tries", { count: 1 }), fromPage("tries", { count: 0 }), fromPage("hello", { who: "$&" })], ["1 try", "0 tries", "Hello $&"]);
  assert.throws(() => fromPage("missing"));
});

function sittingOf(endsAt) {
  const happened = [];
  const clock = { at: 0, due: null };
  const sitting = new Sitting({
    idle: 900, warn: 60, endsAt, now: () => clock.at, later: (act, wait) => { clock.due = clock.at + wait; return 1; }, cancel: () => { clock.due = null; },
    ...Object.fromEntries(["onWarn", "onStay", "onIdle", "onEnd"].map((name) => [name, () => happened.push(name)])),
  });
  return { happened, sitting, pass: (at, act = "check") => { clock.at = at; sitting[act](); return happened.at(-1); }, clock };
}
test("an untouched page warns and then closes; a touch in time keeps it", () => {
  const { happened, pass, clock } = sittingOf(null);
  assert.equal(clock.due, 840);
  assert.equal(pass(840), "onWarn");
  assert.equal(pass(850, "touch"), "onStay");
  assert.equal(pass(1689), "onStay");
  assert.equal(pass(1690), "onWarn");
  assert.equal(pass(1750), "onIdle");
  assert.deepEqual(happened, ["onWarn", "onStay", "onWarn", "onIdle"]);
});
test("a touch after a long sleep comes too late, and the link's end comes first", () => {
  assert.equal(sittingOf(null).pass(5000, "touch"), "onIdle");
  assert.equal(sittingOf(300).clock.due, 300);
  assert.equal(sittingOf(300).pass(5000, "touch"), "onEnd");
  const over = sittingOf(300);
  over.pass(300);
  over.pass(9000, "touch");
  assert.deepEqual(over.happened, ["onEnd"]);
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
