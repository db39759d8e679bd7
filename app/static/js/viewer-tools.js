// Print, copy and save on the doctor's page, each only where the patient allowed it; closing always.

import { button } from "./make.js";
import { saveAs } from "./viewer-document.js";
import { readyToPrint, unfold } from "./viewer-draw.js";
import { part } from "./viewer-states.js";
import { asText } from "./viewer-text.js";

// actions: Set of "view", "print", "download". viewed: { contents, files, papers }; read(file) gives { text }.
export function toolsFor(actions, { say, viewed, read, close }) {
  const tell = (key) => { part("status").textContent = key ? say(key) : ""; };
  const made = [];
  if (actions.has("print")) made.push(button(say("print"), () => print(viewed, tell)), button(say("copy"), () => copy(viewed, say, tell)));
  if (actions.has("download")) made.push(button(say("save.all"), () => save(viewed, read, tell)));
  return [...made, button(say("close"), close)];
}

async function print({ papers }, tell) {
  tell("printing");
  unfold(part("contents"));
  await readyToPrint(part("contents"), papers);
  tell("");
  window.print();
}

async function copy({ contents }, say, tell) {
  const heading = ["patient", "born", "printed", "until", "caution"].map((id) => part(id).textContent.trim().replace(/\s+/g, " ")).filter(Boolean);
  heading.splice(2, 0, say("shared"));
  try {
    await navigator.clipboard.writeText(asText(contents, heading, say));
    tell("copied");
  } catch {
    tell("copied.not");
  }
}

async function save({ files }, read, tell) {
  try {
    const texts = (await Promise.all(files.map(read))).map(({ text }) => text);
    saveAs("shared-records.json", texts.length === 1 ? texts[0] : `[${texts.join(",\n")}]`, "application/fhir+json");
  } catch {
    tell("document.failed");
  }
}

// What every sheet of paper says at its edge: whose records, and which page. name -> words, for the page's style sheet.
export function paperEdges(words) {
  for (const [name, text] of Object.entries(words)) {
    if (text) document.documentElement.style.setProperty(`--${name}`, `"${text.replace(/["\\\n]/g, " ")}"`);
    else document.documentElement.style.removeProperty(`--${name}`);
  }
}
