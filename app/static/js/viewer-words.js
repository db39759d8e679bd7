// Values, ranges, flags and sources in words. `say` gives the page's own sentences; what labs wrote stays as they wrote it.

import { dateWords } from "./dates.js";

export function valueWords(measure, say) {
  if (measure.value !== "") return [`${measure.bound}${measure.value}`, measure.unit].filter(Boolean).join(" ");
  if (measure.words) return measure.words;
  if (measure.answer) return say(`answer.${measure.answer}`);
  if (measure.between) return [say("range.between", { low: measure.between[0], high: measure.between[1] }), measure.unit].filter(Boolean).join(" ");
  return measure.absent ? say("value.absent", { why: measure.absent }) : say("value.none");
}

// The lab's own range; its own words where it gave no figures; "" where it gave none.
export function rangeWords({ range: { low, high, unit, written } }, say) {
  const shown = low && high ? say("range.between", { low, high }) : high ? say("range.upto", { high }) : low ? say("range.from", { low }) : "";
  return shown ? [shown, unit].filter(Boolean).join(" ") : written;
}

export const flagWords = ({ flag, flagBy }, say) => (flag ? say(`flag.${flagBy}.${flag}`) : "");

export const nameWords = (name, say) => name || say("name.none");

// When the sample was taken; where only the day of the report is known, that is said.
export function takenWords({ taken, reported }, say) {
  if (taken) return dateWords(taken);
  return reported ? say("taken.reported", { when: dateWords(reported) }) : say("taken.none");
}

// Every value of a row on one line, as in a table's cell or a doctor's notes.
export function rowWords(row, say) {
  return row.values.map((measure) => [measure.name && `${measure.name}:`, valueWords(measure, say)].filter(Boolean).join(" ")).join("; ");
}

export function rangesWords(row, say) {
  return row.values.map((measure) => [rangeWords(measure, say), measure.name]).filter(([range]) => range).map(([range, name]) => (name ? `${name}: ${range}` : range)).join("; ");
}

export function flagsWords(row, say) {
  return row.values.map((measure) => [flagWords(measure, say), measure.name]).filter(([flag]) => flag).map(([flag, name]) => (name ? `${name}: ${flag}` : flag)).join("; ");
}
