// What a link holds, as the doctor's page needs it. Pure: JSON values in (numbers as text), plain values out, no words.
// What isn't understood is listed with all it says; nothing is dropped in silence.

import { documentOf } from "./bundle-document.js";
import { recordOf } from "./bundle-record.js";
import { rowOf } from "./bundle-result.js";
import { list, momentOf, text } from "./fhir.js";

const ACTIONS = ["view", "print", "download"];
const LOINC = "http://loinc.org|";
const NO_RECORDS = new Set(["Composition", "Patient", "Observation", "DocumentReference", "Binary", "Organization", "Practitioner", "PractitionerRole", "Provenance", "Location"]);

// bundles: parsed files of one link; known: { LOINC code: [test, name] } of the reviewed catalogue.
// -> { patient, actions: Set, hasComposition, tests: [{ name, codes, rows }], documents, records: [{ group, … }] }
export function readBundles(bundles, known = {}) {
  const entries = bundles.flatMap(entriesOf);
  const resources = entries.map(({ resource }) => resource);
  const composition = resources.find((each) => each.resourceType === "Composition");
  const byUrl = new Map(entries.flatMap(({ url, resource }) => [[url, resource], [`${resource.resourceType}/${text(resource.id)}`, resource]]).filter(([url]) => url && !url.endsWith("/")));
  return {
    patient: patientOf(resources.find((each) => each.resourceType === "Patient")),
    actions: actionsOf(composition),
    hasComposition: composition !== undefined,
    tests: grouped(resources.filter((each) => each.resourceType === "Observation").map(rowOf), known),
    documents: resources.filter((each) => each.resourceType === "DocumentReference").map((each) => documentOf(each, byUrl)),
    records: newestFirst(resources.filter((each) => !NO_RECORDS.has(each.resourceType)).map((each) => recordOf(each, byUrl)), "date"),
  };
}

function entriesOf(file) {
  const entries = file?.resourceType === "Bundle" ? list(file.entry) : [{ resource: file }];
  return entries.filter((each) => text(each?.resource?.resourceType)).map((each) => ({ url: text(each.fullUrl), resource: each.resource }));
}

// Permitted actions stand in the Composition; without them only looking is permitted.
function actionsOf(composition) {
  const found = new Set(["view"]);
  const visit = (extension) => {
    if (/action/.test(text(extension?.url)) && ACTIONS.includes(extension.valueCode)) found.add(extension.valueCode);
    list(extension?.extension).forEach((inner) => visit({ url: `${text(extension.url)}/${text(inner?.url)}`, valueCode: inner?.valueCode, extension: inner?.extension }));
  };
  list(composition?.extension).forEach(visit);
  return found;
}

function patientOf(patient) {
  const name = list(patient?.name)[0];
  const parts = [...list(name?.given), name?.family].map(text).filter(Boolean).join(" ");
  return { name: text(name?.text) || parts, birthDate: text(patient?.birthDate) };
}

// One group a test: results of one test of the catalogue, else that share a code, else, without codes, the same name.
// A name alone never joins coded results: serum and red cells are both called magnesium. Newest first, tests too.
function grouped(rows, known) {
  const groups = [];
  for (const row of rows) {
    const tests = new Map(row.codes.filter((code) => code.startsWith(LOINC)).map((code) => known[code.slice(LOINC.length)]).filter(Boolean));
    const [test, name] = tests.size === 1 ? [...tests][0] : ["", ""];
    const codes = test ? [`test|${test}`] : row.codes;
    const found = groups.find((group) => (codes.length ? codes.some((code) => group.codes.includes(code)) : !group.codes.length && group.name === row.name));
    if (found) {
      found.rows.push(row);
      for (const code of codes) if (!found.codes.includes(code)) found.codes.push(code);
    } else groups.push({ name: name || row.name, codes: [...codes], rows: [row] });
  }
  for (const group of groups) newestFirst(group.rows, "taken");
  return groups.sort((a, b) => compare(b.rows[0].taken.slice(0, 10), a.rows[0].taken.slice(0, 10)) || a.name.localeCompare(b.name, "en"));
}

function newestFirst(rows, key) {
  return rows.sort((a, b) => compare(momentOf(b[key]), momentOf(a[key])));
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
