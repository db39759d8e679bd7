// Draws what a link held. Text goes in as text nodes alone, so nothing in a record can become a page.

import { dateParts, dateWords } from "./dates.js";
import { bytesOf } from "./jwe.js";
import "./trend-chart.js";

function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== "" && value !== undefined) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function drawContents(root, { tests, documents, others, actions }) {
  root.replaceChildren(...tests.map(drawTest));
  if (documents.length) root.append(make("section", {}, make("h2", {}, "Documents"), ...documents.map((each) => drawDocument(each, actions))));
  if (others.length) root.append(make("section", {}, make("h2", {}, "Other records"), drawOthers(others)));
  if (!root.childElementCount) root.append(make("p", {}, "This link holds no records."));
}

function drawTest({ name, rows }) {
  const named = new Set(rows.map((row) => row.name));
  const alias = named.size === 1 && !named.has(name) ? [...named][0] : ""; // What the lab itself calls it, said once.
  const chart = make("trend-chart", { "data-title": `${name}, ${rows.length} results over time` });
  const head = ["Taken", "Result", "Lab’s own range", "Lab, as stated"];
  chart.append(make("table", { class: "stack" },
    make("thead", {}, make("tr", {}, ...head.map((words) => make("th", { scope: "col" }, words)))),
    make("tbody", {}, ...rows.map((row) => drawRow(row, alias || name)))));
  return make("section", { class: "test" }, make("h2", {}, name), alias ? make("p", { class: "quiet" }, `The lab’s name for it: ${alias}`) : "", chart);
}

function drawRow(row, groupName) {
  const plotted = row.value !== "" && !row.unplotted && row.taken !== "";
  const shown = row.value !== "" ? `${row.bound}${row.value}` : row.words || "no value";
  const data = make("data", { value: plotted ? row.value : "" }, make("span", { class: "value" }, shown), row.unit && row.value !== "" ? " " : "", row.value !== "" ? make("span", { class: "unit" }, row.unit) : "");
  const { day, time } = dateParts(row.taken);
  const flag = row.flag === "low" ? "◆ below the lab’s range" : row.flag === "high" ? "◆ above the lab’s range" : "";
  const notes = [row.name !== groupName ? row.name : "", row.status].filter(Boolean).join(", ");
  return make("tr", { "data-series": row.unit, "data-low": row.low, "data-high": row.high, "data-flag": row.flag, "data-bound": row.bound },
    make("td", {}, make("time", { datetime: row.taken }, day), time ? make("div", { class: "quiet" }, time) : ""),
    make("td", {}, data, flag ? make("div", { class: "out", "data-words": "" }, flag) : "", notes ? make("div", { class: "quiet" }, notes) : ""),
    make("td", { "data-head": row.rangeWords ? "Lab’s range" : "" }, row.rangeWords || "none given"),
    make("td", {}, [row.performer, row.source].filter(Boolean).join(" · ") || "not stated"));
}

function drawOthers(others) {
  const head = ["What", "Kind", "Date", "Status"];
  return make("table", { class: "stack" },
    make("thead", {}, make("tr", {}, ...head.map((words) => make("th", { scope: "col" }, words)))),
    make("tbody", {}, ...others.map((each) => make("tr", {}, make("th", { scope: "row" }, each.name), make("td", {}, each.kind), make("td", {}, dateWords(each.date)), make("td", {}, each.status)))));
}

function drawDocument({ title, date, contentType, data, source }, actions) {
  const card = make("div", { class: "card" }, make("h3", {}, title), make("p", { class: "quiet" }, [date ? dateWords(date) : "", contentType, source].filter(Boolean).join(" · ")));
  const bytes = contents(data);
  if (bytes === null) card.append(make("p", {}, "The contents could not be read."));
  else if (contentType.startsWith("image/")) drawImage(card, bytes, contentType, title);
  else if (contentType.startsWith("text/plain")) card.append(make("pre", {}, new TextDecoder().decode(bytes)));
  else if (!actions.has("download")) card.append(make("p", {}, "This kind of file can’t be shown here, and the patient did not allow saving it."));
  if (bytes !== null && actions.has("download")) card.append(saveButton(`Save “${title}”`, title, bytes, contentType));
  return card;
}

function contents(base64) {
  try {
    return bytesOf(base64.replace(/[\s=]/g, "").replaceAll("+", "-").replaceAll("/", "_"));
  } catch {
    return null;
  }
}

// On canvas, because the page's rules allow images from this server alone.
async function drawImage(card, bytes, contentType, title) {
  const canvas = make("canvas", { role: "img", "aria-label": title });
  card.append(canvas);
  try {
    const image = await createImageBitmap(new Blob([bytes], { type: contentType }));
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext("2d").drawImage(image, 0, 0);
  } catch {
    canvas.replaceWith(make("p", {}, "This picture can’t be shown here."));
  }
}

export function saveButton(words, filename, data, contentType) {
  const button = make("button", { type: "button", class: "second noprint" }, words);
  button.addEventListener("click", () => {
    const address = URL.createObjectURL(new Blob([data], { type: contentType }));
    make("a", { href: address, download: filename }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  });
  return button;
}

// The tables as text, tab between columns, for a clinical system's notes.
export function asText({ patient, tests }, caution) {
  const lines = [`${patient.name}, born ${dateWords(patient.birthDate)}`, caution];
  for (const { name, rows } of tests) {
    lines.push("", name);
    for (const row of rows) {
      const value = row.value !== "" ? `${row.bound}${row.value} ${row.unit}`.trim() : row.words || "no value";
      lines.push([dateWords(row.taken), value, row.flag ? `${row.flag === "low" ? "below" : "above"} the lab's range` : "", row.rangeWords ? `range ${row.rangeWords}` : "", row.performer, row.source].filter(Boolean).join("\t"));
    }
  }
  return lines.join("\n");
}
