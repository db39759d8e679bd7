// Puts what a link held on the doctor's page: where to find what, the newest results, every test, other records, documents.

import { button, make } from "./make.js";
import { Paper } from "./viewer-document.js";
import { drawRecords } from "./viewer-records.js";
import { drawOverview, drawTest } from "./viewer-tests.js";

const SEARCH_FROM = 8;

// say: the page's words. canSave: originals may leave. near(node, act): calls `act` once when the node comes near the screen.
// later: files that are fetched when they are looked at, each { read() } giving contents like these. -> papers, to print and to free
export function drawContents(root, contents, { say, canSave, near, later = [] }) {
  const papers = [];
  const { tests, documents, records } = contents;
  const sections = [];
  const add = (words, ...nodes) => {
    nodes[0].id ||= `part-${sections.length + 1}`;
    sections.push({ words, nodes });
  };
  if (tests.length > 1) add(say("overview"), drawOverview(tests, say));
  if (tests.length) add(tests.length > 1 ? say("tests") : tests[0].name, make("div", { class: "tests" }, ...tests.map((test, i) => drawTest(test, i, say))));
  for (const section of drawRecords(records, say)) add(section.querySelector("h2").textContent, section);
  if (documents.length || later.length) {
    const section = make("section", { id: "documents" }, make("h2", {}, say("documents")));
    const tell = { say, canSave, near, papers };
    section.append(...documents.map((each) => paper(each, tell)), ...later.map((file, i) => placeholder(file, i, later.length, tell)));
    add(say("documents"), section);
  }
  root.replaceChildren(...sections.flatMap(({ nodes }) => nodes));
  if (sections.length > 1) root.prepend(jumps(sections, say));
  if (tests.length >= SEARCH_FROM) addSearch(root, tests, say);
  for (const link of root.querySelectorAll("a[data-paper]")) link.addEventListener("click", (event) => goToPaper(event, root, papers));
  if (!sections.length) root.append(make("p", { class: "note" }, say("empty")));
  return papers;
}

function paper(document, { say, canSave, near, papers }) {
  const made = new Paper(document, { say, canSave, near });
  papers.push(made);
  return made.card;
}

// Stands for a file that hasn't been fetched: by a press, or by coming near the screen, it becomes what it holds.
function placeholder(file, i, count, tell) {
  const { say, near } = tell;
  const status = make("p", { role: "status", class: "quiet" });
  const press = button(say("document.show"), () => fetchIt(true));
  const card = make("article", { class: "card paper" }, make("h3", {}, say("document.number", { number: i + 1, count })), status, press, make("p", { class: "onpaper" }, say("document.unopened")));
  let asked = null;
  const fetchIt = async (pressed) => {
    status.textContent = say("document.fetching");
    press.setAttribute("aria-disabled", "true");
    try {
      const found = await (asked ??= file.read());
      if (!card.isConnected) return;
      const inner = make("div");
      card.replaceWith(inner);
      if (found.tests.length || found.records.length) inner.append(...found.tests.map((test, at) => drawTest(test, 1000 * (i + 1) + at, say)), ...drawRecords(found.records, say));
      inner.append(...found.documents.map((each) => paper(each, tell)));
      if (pressed) inner.querySelector("h3")?.focus();
    } catch {
      asked = null;
      status.textContent = say("document.failed");
      press.removeAttribute("aria-disabled");
    }
  };
  card.fetchNow = () => fetchIt(false);
  near(card, () => fetchIt(false));
  return card;
}

function jumps(sections, say) {
  const items = sections.map(({ words, nodes }) => make("li", {}, make("a", { href: `#${nodes[0].id}` }, words)));
  return make("nav", { class: "jumps", "aria-label": say("jumps") }, make("ul", {}, ...items));
}

// Looks through names in this page alone: nothing is asked of the server.
function addSearch(root, tests, say) {
  const field = make("input", { type: "search", id: "find", autocomplete: "off", spellcheck: "false" });
  const told = make("p", { class: "quiet", role: "status" });
  const names = tests.map(({ name, rows }) => [name, ...rows.flatMap((row) => [row.name, ...row.values.map((each) => each.name)])].join(" ").toLowerCase());
  const sift = () => {
    const wanted = field.value.trim().toLowerCase().split(/\s+/);
    let count = 0;
    names.forEach((name, i) => {
      const isWanted = wanted.every((word) => name.includes(word));
      count += isWanted;
      root.querySelector(`tr[data-test="${i}"]`).hidden = !isWanted;
      root.querySelector(`#test-${i + 1}`).hidden = !isWanted;
    });
    told.textContent = field.value.trim() ? say("find.found", { found: count, all: tests.length }) : "";
  };
  field.addEventListener("input", sift);
  const box = make("div", { class: "field noprint", role: "search" }, make("label", { for: "find" }, say("find")), field, told);
  box.clear = () => { field.value = ""; sift(); };
  root.querySelector(".overview h2").after(box);
}

// From a result to the document it was read from, which may have to be fetched first.
async function goToPaper(event, root, papers) {
  event.preventDefault();
  const address = event.currentTarget.dataset.paper;
  const find = () => papers.find((each) => each.document.address === address)?.card;
  if (!find()) await Promise.all([...root.querySelectorAll(".paper")].map((card) => card.fetchNow?.()));
  (find()?.querySelector("h3") ?? root.querySelector("#documents h3"))?.focus();
}

// Paper can't be searched or unfolded: everything is shown. The browser's own print menu gets this far.
export function unfold(root) {
  root.querySelector("[role=search]")?.clear();
  for (const each of root.querySelectorAll("details")) each.open = true;
}

// Before printing from the page: every document is fetched and drawn in full.
export async function readyToPrint(root, papers) {
  await Promise.all([...root.querySelectorAll(".paper")].map((card) => card.fetchNow?.()));
  for (const each of papers) await each.ready();
}
