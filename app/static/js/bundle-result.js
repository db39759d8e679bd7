// One FHIR Observation as a row of results: what was measured, the lab's own range, and low or high by it. Pure, no words.

import { codesOf, list, nameOf, sourceOf, text } from "./fhir.js";

const MARKED = { status: ["preliminary", "corrected", "amended", "registered", "cancelled", "entered-in-error", "unknown"], void: ["cancelled", "entered-in-error"] };
const LAB_MARKS = { L: "low", LL: "low", "<": "low", H: "high", HH: "high", ">": "high", A: "unusual", AA: "unusual" };

// -> { name, codes, taken, reported, performer, method, status, isVoid, source, readFrom, values: [measure] }; several values
// are a panel's parts; readFrom is the address of the document it was read from, if that travels along.
export function rowOf(observation) {
  const whole = measured(observation, "");
  const parts = list(observation.component).map((part) => measured(part, nameOf(part?.code)));
  return {
    name: nameOf(observation.code),
    codes: codesOf(observation.code),
    taken: text(observation.effectiveDateTime) || text(observation.effectiveInstant) || text(observation.effectivePeriod?.start),
    reported: text(observation.issued),
    performer: list(observation.performer).map((each) => text(each?.display)).filter(Boolean).join(", "),
    method: nameOf(observation.method),
    status: MARKED.status.includes(observation.status) ? observation.status : "",
    isVoid: MARKED.void.includes(observation.status),
    source: sourceOf(observation),
    readFrom: list(observation.derivedFrom).map((each) => text(each?.reference)).find(Boolean) ?? "",
    values: parts.length && isEmpty(whole) ? parts : [whole, ...parts],
  };
}

// { name, value, bound, unit, words, answer ("yes", "no" or ""), between ([low, high] or null), absent, low, high, range, flag, flagBy }
// `low` and `high` are filled only where the range has the unit of the value; `range` is what to show.
function measured(part, name) {
  const quantity = part?.valueQuantity;
  const value = text(quantity?.value), bound = text(quantity?.comparator);
  const unit = text(quantity?.unit) || text(quantity?.code);
  const found = rangeOf(part, unit);
  const byRange = value && found.comparable ? flagOf(Number(value), bound, found) : "";
  const byLab = list(part?.interpretation).flatMap((each) => list(each?.coding)).map((each) => LAB_MARKS[each?.code]).find(Boolean) ?? "";
  return { name, value, bound, unit, ...otherValue(part, quantity), ...found, flag: byRange || byLab, flagBy: byRange ? "range" : byLab ? "lab" : "" };
}

function otherValue(part, quantity) {
  const none = { words: "", answer: "", between: null, absent: nameOf(part?.dataAbsentReason) };
  if (quantity || !part) return none;
  if (typeof part.valueBoolean === "boolean") return { ...none, answer: part.valueBoolean ? "yes" : "no" };
  if (part.valueRange) return { ...none, between: [text(part.valueRange.low?.value), text(part.valueRange.high?.value)], unit: text(part.valueRange.high?.unit) || text(part.valueRange.low?.unit) };
  return { ...none, words: wordsOf(part) };
}

function wordsOf(part) {
  for (const key of ["valueString", "valueInteger", "valueDateTime", "valueTime"]) if (typeof part[key] === "string") return part[key];
  if (part.valueCodeableConcept) return nameOf(part.valueCodeableConcept);
  if (part.valueRatio) return [part.valueRatio.numerator, part.valueRatio.denominator].map((each) => `${text(each?.comparator)}${text(each?.value)}`).join(" : ");
  return "";
}

const isEmpty = (measure) => !(measure.value || measure.words || measure.answer || measure.between || measure.absent);

function rangeOf(part, unit) {
  const ranges = list(part?.referenceRange);
  const plain = ranges.length === 1 ? ranges[0] : ranges.find((each) => list(each?.type?.coding).some((code) => code?.code === "normal"));
  const low = text(plain?.low?.value), high = text(plain?.high?.value);
  const units = [plain?.low, plain?.high].filter((each) => text(each?.value)).map((each) => text(each.unit) || text(each.code));
  const same = units.every((each) => each === "" || each === unit || each === text(part.valueQuantity?.code));
  const written = ranges.map((each) => text(each?.text)).filter(Boolean).join("; ");
  return { low: same ? low : "", high: same ? high : "", range: { low, high, unit: same ? "" : units[0] ?? "", written }, comparable: same && Boolean(low || high) };
}

function flagOf(value, bound, { low, high }) {
  if (low !== "" && value < Number(low) && !bound.startsWith(">")) return "low";
  if (low !== "" && bound === "<" && value <= Number(low)) return "low";
  if (high !== "" && value > Number(high) && !bound.startsWith("<")) return "high";
  if (high !== "" && bound === ">" && value >= Number(high)) return "high";
  return "";
}
