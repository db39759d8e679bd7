// Results on the doctor's page: first the newest of every test, then a table a test with every result, a chart a unit beside it.

import { dateParts, dateWords } from "./dates.js";
import { make, table } from "./make.js";
import { flagWords, nameWords, rangeWords, takenWords, valueWords } from "./viewer-words.js";
import "./trend-chart.js";

const SHOWN_AT_FIRST = 12;

// The newest result of every test, each a link to all of them.
export function drawOverview(tests, say) {
  const heads = ["test", "newest", "range", "collected"].map((key) => say(`column.${key}`));
  const rows = tests.map((test, i) => {
    const row = test.rows.find((each) => !each.isVoid) ?? test.rows[0];
    const count = test.rows.length > 1 ? make("div", { class: "quiet" }, say("results", { count: test.rows.length })) : "";
    return make("tr", { "data-test": i },
      make("th", { scope: "row" }, make("a", { href: `#${idOf(i)}` }, nameWords(test.name, say)), count),
      resultCell(row, say), rangeCell(row, say), make("td", {}, ...takenNodes(row, say)));
  });
  return make("section", { class: "overview" }, make("h2", {}, say("overview")), table(say("overview.caption"), heads, make("tbody", {}, ...rows)));
}

export const idOf = (number) => `test-${number + 1}`;

export function drawTest(test, number, say) {
  const name = nameWords(test.name, say);
  const named = new Set(test.rows.map((row) => row.name).filter(Boolean));
  const alias = named.size === 1 && !named.has(test.name) ? [...named][0] : ""; // What the lab itself calls it, said once.
  const rows = test.rows.map((row) => drawRow(row, alias || test.name, say));
  const shown = make("tbody", {}, ...rows.slice(0, SHOWN_AT_FIRST)), more = make("tbody", { class: "more", hidden: "hidden" }, ...rows.slice(SHOWN_AT_FIRST));
  const heads = ["collected", "result", "range", "from"].map((key) => say(`column.${key}`));
  const whole = make("div", { class: "all" }, table(say("test.caption", { name }), heads, shown, ...(more.childElementCount ? [more] : [])));
  if (more.childElementCount) whole.append(moreButton(more, rows.length, say));
  const charts = drawCharts(test, name, say);
  return make("section", { class: "test", id: idOf(number) },
    make("h2", { tabindex: "-1" }, name), alias ? make("p", { class: "quiet" }, say("test.alias", { alias })) : "",
    make("div", { class: charts.length ? "beside" : "" }, whole, charts.length ? make("div", { class: "charts" }, ...charts) : ""));
}

function moreButton(more, count, say) {
  const press = make("button", { type: "button", class: "second noprint" }, say("results.all", { count }));
  press.addEventListener("click", () => {
    const first = more.querySelector("tr");
    more.hidden = false;
    press.remove();
    first.tabIndex = -1;
    first.focus();
  });
  return press;
}

function drawRow(row, groupName, say) {
  const source = make("div", { class: "quiet" }, say(`source.${row.source}`));
  const origin = row.readFrom ? make("div", { class: "noprint" }, make("a", { href: "#documents", "data-paper": row.readFrom }, say("document.see"))) : "";
  return make("tr", row.isVoid ? { class: "void" } : {}, make("td", {}, ...takenNodes(row, say)), resultCell(row, say, groupName), rangeCell(row, say),
    make("td", {}, row.performer || say("performer.none"), source, origin));
}

function takenNodes(row, say) {
  if (!row.taken) return [takenWords(row, say)];
  const { day, time } = dateParts(row.taken);
  return [make("time", { datetime: row.taken }, day), time ? make("div", { class: "quiet" }, time) : ""];
}

function resultCell(row, say, groupName = row.name) {
  const cell = make("td", {}, ...row.values.map((measure) => drawMeasure(measure, row, say)));
  if (row.status) cell.append(make("div", {}, make("span", { class: row.isVoid ? "tag refused" : "tag" }, say(`status.${row.status}`))));
  for (const words of [row.name !== groupName ? row.name : "", row.method ? say("method", { method: row.method }) : ""]) if (words) cell.append(make("div", { class: "quiet" }, words));
  return cell;
}

function drawMeasure(measure, row, say) {
  const name = measure.name ? make("span", { class: "part" }, `${measure.name} `) : "";
  const value = measure.value !== ""
    ? [make("span", { class: "value" }, `${measure.bound}${measure.value}`), measure.unit ? " " : "", measure.unit ? make("span", { class: "unit" }, measure.unit) : ""]
    : [make("span", { class: "value" }, valueWords(measure, say))];
  const flag = !row.isVoid && measure.flag ? make("div", { class: "out" }, `◆ ${flagWords(measure, say)}`) : "";
  return make("div", { class: "measure" }, name, row.isVoid ? make("s", {}, ...value) : make("span", {}, ...value), flag);
}

function rangeCell(row, say) {
  const given = row.values.map((measure) => [measure.name, rangeWords(measure, say)]).filter(([, words]) => words);
  const lines = given.map(([name, words]) => (name ? make("div", {}, make("span", { class: "part" }, `${name} `), words) : words));
  return make("td", { "data-head": say("column.range") }, ...(lines.length ? lines : [say("range.none")]));
}

// One chart for each unit, part and method that has two figures or more; unlike ones are never joined.
function drawCharts({ rows }, name, say) {
  const series = new Map();
  for (const row of rows) {
    if (row.isVoid || !row.taken) continue;
    for (const measure of row.values.filter(({ value }) => value !== "")) {
      const key = JSON.stringify([measure.name, measure.unit, row.method]);
      series.set(key, [...(series.get(key) ?? []), [row, measure]]);
    }
  }
  return [...series.entries()].filter(([, points]) => points.length > 1).map(([key, points]) => {
    const [part, unit, method] = JSON.parse(key);
    const title = say("chart", { name: [name, part, unit, method].filter(Boolean).join(", "), number: points.length });
    const heading = series.size > 1 ? make("h3", {}, [part, unit || say("unit.none"), method].filter(Boolean).join(", ")) : "";
    return make("div", {}, heading, chartOf(points, title, say));
  });
}

function chartOf(points, title, say) {
  const rows = points.map(([row, measure]) => make("tr", { "data-series": measure.unit, "data-low": measure.low, "data-high": measure.high, "data-flag": measure.flag, "data-bound": measure.bound },
    make("td", {}, make("time", { datetime: row.taken }, dateWords(row.taken))),
    make("td", {}, make("data", { value: measure.value }, valueWords(measure, say)), make("span", { "data-words": "yes" }, flagWords(measure, say)))));
  return make("trend-chart", { "data-title": title }, make("table", { hidden: "hidden" }, make("tbody", {}, ...rows)));
}
