// Conditions, medicines, vaccinations, allergies and the rest in plain lists; of an unknown type, everything it says.

import { dateWords } from "./dates.js";
import { make, table } from "./make.js";
import { detailWords } from "./viewer-text.js";
import { nameWords } from "./viewer-words.js";

const ORDER = ["allergies", "conditions", "medicines", "vaccinations", "procedures", "others"];

export function drawRecords(records, say) {
  return ORDER.map((group) => [group, records.filter((each) => each.group === group)])
    .filter(([, found]) => found.length)
    .map(([group, found]) => make("section", { class: "records" }, make("h2", {}, say(`group.${group}`)), groupTable(group, found, say)));
}

function groupTable(group, found, say) {
  const heads = ["what", "more", "date", "source"].map((key) => say(`column.${key}`));
  return table(say(`group.${group}`), heads, make("tbody", {}, ...found.map((each) => line(each, say))));
}

function line(each, say) {
  const name = nameWords(each.name, say);
  const kind = each.group === "others" || each.group === "medicines" ? make("div", { class: "quiet" }, each.kind) : "";
  const more = [each.status, ...each.details.map(([what, words]) => detailWords(what, words, say))].filter(Boolean).map((words) => make("div", {}, words));
  const cell = make("td", {}, ...more);
  if (each.facts.length) cell.append(everything(each.facts, say));
  const until = each.until && each.until !== each.date ? make("div", { class: "quiet" }, say("until", { when: dateWords(each.until) })) : "";
  return make("tr", {}, make("th", { scope: "row" }, name, kind), cell, make("td", {}, each.date ? dateWords(each.date) : say("date.none"), until), make("td", {}, say(`source.${each.source}`)));
}

function everything(facts, say) {
  const rows = facts.flatMap(([label, words]) => [make("dt", {}, label), make("dd", {}, /^\d{4}-\d\d(-|$)/.test(words) ? dateWords(words) : words)]);
  return make("details", {}, make("summary", {}, say("everything")), make("dl", { class: "facts" }, ...rows));
}
