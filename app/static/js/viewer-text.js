// What a link holds as plain text, tab between columns, for a clinical system's notes.

import { dateWords } from "./dates.js";
import { flagsWords, nameWords, rangesWords, rowWords, takenWords } from "./viewer-words.js";

// heading: lines above the tables (whose records, for whom opened, the caution). -> text
export function asText({ tests, records, documents }, heading, say) {
  const lines = [...heading];
  for (const { name, rows } of tests) {
    lines.push("", nameWords(name, say), ["collected", "result", "flag", "range", "lab", "source", "status"].map((key) => say(`column.${key}`)).join("\t"));
    for (const row of rows) lines.push(rowLine(row, say));
  }
  for (const each of records) {
    lines.push("", [nameWords(each.name, say), each.kind, each.status, each.date && dateWords(each.date), ...each.details.map(([what, words]) => detailWords(what, words, say)), say(`source.${each.source}`)].filter(Boolean).join("\t"));
    lines.push(...each.facts.map((fact) => `\t${fact.join("\t")}`));
  }
  for (const { title, date, source } of documents) lines.push("", [nameWords(title, say), date && dateWords(date), say(`source.${source}`)].filter(Boolean).join("\t"));
  return lines.join("\n");
}

function rowLine(row, say) {
  const cells = [takenWords(row, say), rowWords(row, say), flagsWords(row, say), rangesWords(row, say), row.performer, say(`source.${row.source}`), row.status && say(`status.${row.status}`)];
  return cells.map((cell) => cell.replace(/\s+/g, " ")).join("\t").trimEnd();
}

export const detailWords = (what, words, say) => (what ? say(`detail.${what}`, { words }) : words);
