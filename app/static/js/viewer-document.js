// A document on the doctor's page: text as text, pictures of pages on canvas, because the page's rules allow images from
// this server alone. A page is decoded when it is near the screen; everything is let go when the records are closed.

import { dateWords } from "./dates.js";
import { bytesOf } from "./jwe.js";
import { button, make } from "./make.js";
import { nameWords } from "./viewer-words.js";

const ZOOMS = [1, 1.5, 2, 3, 4];
const LONGEST_SIDE = 4096;

export class Paper {
  // document as documentOf gives it; `near` calls its second argument once when the first comes near the screen.
  constructor(document, { say, canSave, near }) {
    this.document = document;
    this.say = say;
    this.title = nameWords(document.title, say);
    this.card = make("article", { class: "card paper" }, make("h3", { tabindex: "-1" }, this.title), make("p", { class: "quiet" }, this.about()));
    if (document.note) this.card.append(make("p", {}, document.note));
    for (const part of document.words) this.card.append(make("pre", {}, new TextDecoder().decode(bytesIn(part) ?? new Uint8Array())));
    if (document.pages.length) this.addPages(near);
    else if (!document.words.length && !document.note) this.card.append(make("p", {}, say(canSave && document.originals.length ? "document.onlysave" : "document.notshown")));
    if (canSave) for (const part of document.originals) this.addSave(part);
  }

  about() {
    const { date, kind, originals, source } = this.document;
    const type = originals[0]?.contentType ?? "";
    return [date && dateWords(date), kind, type, this.say(`source.${source}`)].filter(Boolean).join(" · ");
  }

  addPages(near) {
    const { say, title } = this;
    this.page = this.zoom = 0;
    this.canvas = make("canvas", { role: "img" });
    this.where = make("p", { class: "where", role: "status" });
    this.frame = make("div", { class: "page", tabindex: "0", role: "region", "aria-label": say("page.region", { title }) }, this.canvas);
    this.turns = [button(say("page.previous"), () => this.turn(-1)), button(say("page.next"), () => this.turn(1))];
    this.zooms = [button(say("zoom.out"), () => this.enlarge(-1)), button(say("zoom.in"), () => this.enlarge(1)), button(say("zoom.fit"), () => this.enlarge(-this.zoom))];
    const several = this.document.pages.length > 1;
    this.card.append(make("div", { class: "turning noprint", role: "group", "aria-label": say("page.tools", { title }) }, ...(several ? this.turns : []), ...this.zooms, this.where), this.frame);
    this.tell();
    near(this.card, () => this.draw());
  }

  turn(by) {
    const next = this.page + by;
    if (next < 0 || next >= this.document.pages.length) return;
    this.page = next;
    this.frame.scrollTo(0, 0);
    this.tell();
    this.draw();
  }

  enlarge(by) {
    this.zoom = Math.max(0, Math.min(ZOOMS.length - 1, this.zoom + by));
    this.canvas.style.width = this.zoom ? `${ZOOMS[this.zoom] * 100}%` : "";
    this.tell();
  }

  tell() {
    const { say, page, zoom, document: { pages } } = this;
    const where = say("page.where", { page: page + 1, pages: pages.length });
    this.where.textContent = zoom ? `${where}, ${say("zoom.now", { percent: ZOOMS[zoom] * 100 })}` : where;
    this.canvas.setAttribute("aria-label", `${this.title}, ${where}`);
    const off = [[this.turns[0], page === 0], [this.turns[1], page === pages.length - 1], [this.zooms[0], zoom === 0], [this.zooms[1], zoom === ZOOMS.length - 1], [this.zooms[2], zoom === 0]];
    for (const [press, isOff] of off) press.setAttribute("aria-disabled", isOff); // Still in the tab order: nobody's focus is lost.
  }

  async draw() {
    const page = this.page;
    const drawn = await drawOn(make("canvas"), this.document.pages[page]);
    if (page !== this.page || this.freed) return clear(drawn);
    if (drawn === null) return this.frame.replaceChildren(make("p", {}, this.say("page.unreadable")));
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", this.canvas.getAttribute("aria-label"));
    drawn.style.width = this.canvas.style.width;
    clear(this.canvas);
    this.canvas = drawn;
    return this.frame.replaceChildren(drawn);
  }

  // Every page, for the printer; `rest` takes them away again.
  async ready() {
    const pages = [];
    for (const [i, part] of this.document.pages.entries()) {
      const canvas = await drawOn(make("canvas", { role: "img", "aria-label": this.say("page.where", { page: i + 1, pages: this.document.pages.length }) }), part);
      if (canvas) pages.push(canvas);
    }
    this.printed = make("div", { class: "printed" }, ...pages);
    this.card.append(this.printed);
    this.card.classList.add("ready");
  }

  rest() {
    for (const canvas of this.printed?.children ?? []) clear(canvas);
    this.printed?.remove();
    this.card.classList.remove("ready");
  }

  free() {
    this.freed = true;
    this.rest();
    clear(this.canvas);
    this.document = { pages: [], words: [], originals: [] };
    this.card.replaceChildren();
  }

  addSave(part) {
    const name = part.title || this.title;
    const bytes = bytesIn(part);
    if (bytes) this.card.append(make("p", { class: "noprint" }, button(this.say("save.document", { title: name }), () => saveAs(name, bytes, part.contentType))));
  }
}

async function drawOn(canvas, part) {
  const bytes = bytesIn(part);
  if (bytes === null) return null;
  try {
    const image = await createImageBitmap(new Blob([bytes], { type: part.contentType }));
    const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    return canvas;
  } catch {
    return null;
  }
}

// A canvas without size holds no pixels.
function clear(canvas) {
  if (canvas) canvas.width = canvas.height = 0;
}

function bytesIn({ data }) {
  try {
    return bytesOf(data.replace(/[\s=]/g, "").replaceAll("+", "-").replaceAll("/", "_"));
  } catch {
    return null;
  }
}

export function saveAs(filename, data, contentType) {
  const address = URL.createObjectURL(new Blob([data], { type: contentType }));
  make("a", { href: address, download: filename }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
