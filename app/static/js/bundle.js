// A shared FHIR document Bundle as the doctor's table needs it. Pure: JSON values in (numbers as text), plain values out.
// What isn't understood is listed by its title; nothing is dropped in silence.

const ACTIONS = ["view", "print", "download"];
const LOINC = "http://loinc.org|";
const STATUS = { preliminary: "preliminary", corrected: "corrected", amended: "amended", registered: "not finished", cancelled: "cancelled", "entered-in-error": "entered in error", unknown: "status not known" };

// bundles: parsed files of one link; known: { LOINC code: [test, name] } of the reviewed catalogue. -> { patient, actions: Set, tests: [{name, codes, rows}], documents, others }
export function readBundles(bundles, known = {}) {
  const resources = bundles.flatMap(resourcesOf);
  const composition = resources.find((each) => each.resourceType === "Composition");
  const binaries = new Map(resources.filter((each) => each.resourceType === "Binary").map((each) => [each.id, each]));
  const rows = resources.filter((each) => each.resourceType === "Observation").flatMap(rowsOf);
  const documents = resources.filter((each) => each.resourceType === "DocumentReference").map((each) => documentOf(each, binaries));
  const plain = new Set(["Composition", "Patient", "Observation", "DocumentReference", "Binary", "Organization", "Practitioner", "Provenance"]);
  return {
    patient: patientOf(resources.find((each) => each.resourceType === "Patient")),
    actions: actionsOf(composition),
    tests: grouped(rows, known),
    documents,
    others: resources.filter((each) => !plain.has(each.resourceType)).map(otherOf),
  };
}

function resourcesOf(file) {
  if (file?.resourceType === "Bundle") return list(file.entry).map((entry) => entry?.resource).filter((each) => each && typeof each === "object");
  return file?.resourceType ? [file] : [];
}

const list = (value) => (Array.isArray(value) ? value : []);
const text = (value) => (typeof value === "string" ? value : "");

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
  return { name: text(name?.text) || parts || "Name not given", birthDate: text(patient?.birthDate) };
}

function rowsOf(observation) {
  const base = { ...aboutOf(observation), ...rangeless(observation) };
  const parts = list(observation.component);
  if (!parts.length) return [{ ...base, ...measured(observation) }];
  const whole = measured(observation);
  const own = whole.words || whole.value ? [{ ...base, ...whole }] : [];
  return [...own, ...parts.map((part) => ({ ...base, ...measured(part), name: nameOf(part.code), codes: codesOf(part.code), panel: nameOf(observation.code) }))];
}

function aboutOf(observation) {
  const performer = list(observation.performer).map((each) => text(each?.display)).filter(Boolean).join(", ");
  return { taken: takenOf(observation), performer, status: STATUS[observation.status] ?? "", unplotted: ["cancelled", "entered-in-error"].includes(observation.status), source: sourceOf(observation) };
}

const rangeless = (observation) => ({ name: nameOf(observation.code), codes: codesOf(observation.code), panel: "" });

function takenOf(resource) {
  return text(resource.effectiveDateTime) || text(resource.effectiveInstant) || text(resource.effectivePeriod?.start) || "";
}

// How a record got into the vault, where the bundle says so: it is not guessed. Tags of other systems are not ours.
function sourceOf(resource) {
  const tag = list(resource.meta?.tag).find((each) => /health-data-vault|healthvault/.test(text(each?.system)));
  return { typed: "typed by the patient", imported: "uploaded file" }[tag?.code] ?? "";
}

export function nameOf(code) {
  const codings = list(code?.coding);
  return text(code?.text) || text(codings.find((each) => each?.display)?.display) || text(codings[0]?.code) || "No name given";
}

function codesOf(code) {
  return list(code?.coding).map((each) => `${text(each?.system)}|${text(each?.code)}`).filter((each) => each.length > 1);
}

// value and unit of an Observation or a component, its own lab's range, and low or high by it in the unit received.
function measured(part) {
  const quantity = part.valueQuantity;
  const value = text(quantity?.value), bound = text(quantity?.comparator);
  const unit = text(quantity?.unit) || text(quantity?.code);
  const range = rangeOf(part, unit);
  const words = quantity ? "" : wordsOf(part);
  const outside = value && range.comparable ? flagOf(Number(value), bound, range) : "";
  return { value, bound, unit, words, ...range, flag: outside };
}

function wordsOf(part) {
  if (typeof part.valueString === "string") return part.valueString;
  if (part.valueCodeableConcept) return nameOf(part.valueCodeableConcept);
  for (const key of ["valueInteger", "valueDateTime", "valueTime"]) if (typeof part[key] === "string") return part[key];
  if (typeof part.valueBoolean === "boolean") return part.valueBoolean ? "yes" : "no";
  if (part.valueRatio) return [part.valueRatio.numerator, part.valueRatio.denominator].map((each) => text(each?.value)).join(" : ");
  if (part.valueRange) return `${text(part.valueRange.low?.value)} to ${text(part.valueRange.high?.value)} ${text(part.valueRange.high?.unit)}`.trim();
  return part.dataAbsentReason ? `no value: ${nameOf(part.dataAbsentReason)}` : "";
}

function rangeOf(part, unit) {
  const ranges = list(part.referenceRange);
  const plain = ranges.length === 1 ? ranges[0] : ranges.find((each) => list(each?.type?.coding).some((code) => code?.code === "normal"));
  const low = text(plain?.low?.value), high = text(plain?.high?.value);
  const units = [plain?.low, plain?.high].filter((each) => text(each?.value)).map((each) => text(each.unit) || text(each.code));
  const same = units.every((each) => each === "" || each === unit || each === text(part.valueQuantity?.code));
  const written = ranges.map((each) => text(each?.text)).filter(Boolean).join("; ");
  const shown = low && high ? `${low} to ${high}` : high ? `up to ${high}` : low ? `${low} or more` : "";
  const words = shown ? `${shown}${same || !units[0] ? "" : ` ${units[0]}`}` : written;
  return { low: same ? low : "", high: same ? high : "", rangeWords: words, comparable: same && Boolean(low || high) };
}

function flagOf(value, bound, { low, high }) {
  if (low !== "" && value < Number(low) && !bound.startsWith(">")) return "low";
  if (low !== "" && bound === "<" && value <= Number(low)) return "low";
  if (high !== "" && value > Number(high) && !bound.startsWith("<")) return "high";
  if (high !== "" && bound === ">" && value >= Number(high)) return "high";
  return "";
}

// One group a test: results of one test of the catalogue, else that share a code, else, without codes, the same name.
// A name alone never joins coded results: serum and red cells are both called magnesium. Newest first.
function grouped(rows, known) {
  const groups = [];
  for (const row of rows) {
    const tests = new Map(row.codes.filter((code) => code.startsWith(LOINC)).map((code) => known[code.slice(LOINC.length)]).filter(Boolean));
    if (tests.size === 1) {
      const [test, name] = [...tests][0];
      row.codes = [`test|${test}`];
      row.testName = name;
    }
    const found = groups.find((group) => (row.codes.length ? row.codes.some((code) => group.codes.includes(code)) : !group.codes.length && group.name === row.name));
    if (found) {
      found.rows.push(row);
      for (const code of row.codes) if (!found.codes.includes(code)) found.codes.push(code);
    } else groups.push({ name: row.testName ?? row.name, codes: [...row.codes], rows: [row] });
  }
  for (const group of groups) group.rows.sort((a, b) => (a.taken < b.taken ? 1 : a.taken > b.taken ? -1 : 0));
  return groups.sort((a, b) => a.name.localeCompare(b.name, "en"));
}

function documentOf(reference, binaries) {
  const attachment = list(reference.content)[0]?.attachment ?? {};
  const binary = binaries.get(text(attachment.url).split("/").at(-1));
  return {
    title: text(attachment.title) || text(reference.description) || nameOf(reference.type),
    date: text(reference.date) || text(attachment.creation),
    contentType: text(attachment.contentType) || text(binary?.contentType) || "application/octet-stream",
    data: text(attachment.data) || text(binary?.data),
    source: sourceOf(reference),
  };
}

function otherOf(resource) {
  const name = nameOf(resource.code ?? resource.vaccineCode ?? resource.medicationCodeableConcept ?? resource.type);
  const date = ["onsetDateTime", "recordedDate", "occurrenceDateTime", "authoredOn", "effectiveDateTime", "performedDateTime", "date"].map((key) => text(resource[key])).find(Boolean) ?? "";
  return { kind: resource.resourceType.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase(), name, date, status: nameOf(resource.clinicalStatus) === "No name given" ? text(resource.status) : nameOf(resource.clinicalStatus) };
}
