// One record that is no result and no document: its name, what a doctor asks about it, and everything else it says.

import { list, listed, nameOf, referred, sourceOf, text } from "./fhir.js";

const GROUPS = {
  Condition: "conditions", AllergyIntolerance: "allergies", Immunization: "vaccinations", Procedure: "procedures",
  MedicationRequest: "medicines", MedicationStatement: "medicines", MedicationDispense: "medicines", MedicationAdministration: "medicines", Medication: "medicines",
};
const DATES = ["onsetDateTime", "recordedDate", "occurrenceDateTime", "authoredOn", "effectiveDateTime", "performedDateTime", "whenHandedOver", "started", "date", "issued", "created"];
const PERIODS = ["onsetPeriod", "effectivePeriod", "performedPeriod", "occurrencePeriod", "period", "billablePeriod"];
const UNSAID = new Set(["resourceType", "id", "meta", "text", "identifier", "implicitRules", "language", "contained", "extension", "modifierExtension", "subject", "patient", "fullUrl", "system", "reference", "div"]);
const MOST_FACTS = 60;

// -> { group, kind, name, date, until, status, details: [[what or "", words]], facts: [[label, words]], source }
export function recordOf(resource, byUrl) {
  const group = GROUPS[resource.resourceType] ?? "others";
  const period = PERIODS.map((key) => resource[key]).find(Boolean);
  return {
    group,
    kind: spaced(resource.resourceType).toLowerCase(),
    name: nameFor(resource, byUrl),
    date: DATES.map((key) => text(resource[key])).find(Boolean) ?? text(period?.start),
    until: text(resource.abatementDateTime) || text(period?.end),
    status: nameOf(resource.clinicalStatus) || text(resource.status),
    details: detailsOf(resource),
    facts: group === "others" ? factsOf(resource).slice(0, MOST_FACTS) : [],
    source: sourceOf(resource),
  };
}

function nameFor(resource, byUrl) {
  const concept = resource.code ?? resource.vaccineCode ?? resource.medicationCodeableConcept ?? listed(resource.type)[0] ?? listed(resource.category)[0];
  return nameOf(concept) || referred(resource.medicationReference, byUrl) || text(resource.title) || text(resource.description);
}

// What stands beside the name: dose, reaction, severity, site, lot, who recorded it.
function detailsOf(resource) {
  const doses = [...list(resource.dosageInstruction), ...list(resource.dosage)].map((each) => text(each?.text) || text(each?.patientInstruction) || doseOf(each));
  const reactions = list(resource.reaction).map((each) => [list(each?.manifestation).map(nameOf).join(", "), text(each?.severity)].filter(Boolean).join(", "));
  const by = [resource.recorder, resource.asserter, resource.requester, ...list(resource.performer).map((each) => each?.actor ?? each)].map((each) => text(each?.display)).find(Boolean);
  const plain = [...doses, nameOf(resource.severity), nameOf(resource.verificationStatus), ...list(resource.bodySite).map(nameOf), nameOf(resource.statusReason), ...list(resource.note).map((each) => text(each?.text))];
  return [
    ...reactions.map((words) => ["reaction", words]), ["criticality", text(resource.criticality)],
    ...plain.map((words) => ["", words]), ["lot", text(resource.lotNumber)], ["by", by],
  ].filter(([, words]) => words);
}

function doseOf(dosage) {
  const quantity = list(dosage?.doseAndRate)[0]?.doseQuantity;
  return [text(quantity?.value), text(quantity?.unit), nameOf(dosage?.route), nameOf(dosage?.timing?.code)].filter(Boolean).join(" ");
}

// Every value of a resource of any type, with where it stands: [["activity, detail, status", "in progress"], …].
export function factsOf(value, path = []) {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [[path.join(", "), String(value)]];
  if (Array.isArray(value)) return value.flatMap((each) => factsOf(each, path));
  const named = nameOf(value) || (typeof value.value === "string" ? [text(value.comparator) + value.value, text(value.unit)].filter(Boolean).join(" ") : "") || (value.reference ? text(value.display) : "");
  if (named && path.length) return [[path.join(", "), named]];
  return Object.entries(value).filter(([key]) => !UNSAID.has(key) && !key.startsWith("_")).flatMap(([key, inner]) => factsOf(inner, [...path, spaced(key).toLowerCase()]));
}

const spaced = (name) => name.replace(/([a-z])([A-Z])/g, "$1 $2");
