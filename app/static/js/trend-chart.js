// <trend-chart>: draws SVG from the results table inside it. The table stays as the text alternative.
//
// On the element: data-title, what the drawing is called.
// On each <tbody> row:
//   data-series          the unit; only one series is drawn, the others stay in the table
//   data-low, data-high  the lab's own limits in that unit; empty on a side without one
//   data-flag            low or high: outside its own lab's range; absent otherwise
//   data-bound           <, <=, > or >=: drawn hollow with an arrow, never joined
//   data-method          how it was measured; two methods are never joined
//   one <time datetime> and one <data value>; an empty value isn't plotted
//   [data-words], [data-note]  said with the point, after its day and value
// On the page: <template id="trend-words"> with [data-say] range, outside, bound, method, apart-one, apart-many ({n} is
// filled in). A sentence that is missing is left out. When it is drawn, the element has data-drawn.

import { dateTicks, numberTicks } from "./ticks.js";
import { bandOf, extentOf, stepTo, trendOf } from "./trend.js";

const SPACE = { top: 30, right: 18, bottom: 32, left: 50 };
const DIAMOND = "M0-8 8 0 0 8-8 0Z";

function shape(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function html(name, className, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

const numberOrNull = (text) => (text === undefined || text === "" ? null : Number(text));

// Text as people read it, without the shapes that stand beside the words.
const said = (node) => node?.textContent.replace(/[◆●]/gu, "").replace(/\s+/g, " ").trim();

function rowOf(tr) {
  const time = tr.querySelector("time"), data = tr.querySelector("data");
  return {
    at: time ? Date.parse(time.dateTime) : NaN,
    value: data && data.value !== "" ? Number(data.value) : NaN,
    bound: tr.dataset.bound ?? "",
    low: numberOrNull(tr.dataset.low),
    high: numberOrNull(tr.dataset.high),
    series: tr.dataset.series ?? "",
    method: tr.dataset.method ?? "",
    flag: tr.dataset.flag,
    label: [time, data, ...tr.querySelectorAll("[data-words], [data-note]")].map(said).filter(Boolean).join(", "),
  };
}

export class TrendChart extends HTMLElement {
  connectedCallback() {
    if (this.figure) return;
    this.trend = trendOf([...this.querySelectorAll("tbody tr")].map(rowOf));
    if (this.trend.points.length < 2) return; // One point is no trend: the table is enough.
    this.figure = html("figure", "");
    this.now = html("p", "now");
    this.now.setAttribute("aria-hidden", "true"); // The focused point speaks for itself.
    this.prepend(this.figure);
    this.dataset.drawn = "";
    this.chosen = this.trend.points.length - 1;
    this.draw(this.figure.clientWidth);
    new ResizeObserver(([entry]) => {
      const width = Math.round(entry.contentRect.width);
      if (width && width !== this.width) this.draw(width);
    }).observe(this.figure);
  }

  draw(width) {
    const hadFocus = this.dots?.includes(document.activeElement);
    this.width = Math.max(width || 640, 260);
    this.height = this.width < 480 ? 250 : 290;
    const { points, steps, segments } = this.trend;
    const scale = scaleOf(points, steps, this.width, this.height);
    const svg = shape("svg", { viewBox: `0 0 ${this.width} ${this.height}`, role: "group", "aria-label": this.dataset.title });
    this.guide = shape("line", { class: "guide", y1: scale.top, y2: scale.bottom });
    svg.append(...bands(steps, scale), ...axes(scale, this.width, this.trend.series), this.guide);
    for (const segment of segments) svg.append(shape("path", { class: "line", d: `M${segment.map((p) => `${scale.x(p.at)} ${scale.y(p.value)}`).join("L")}` }));
    this.places = points.map((point) => scale.x(point.at));
    this.dots = points.map((point, i) => dot(point, scale, i === this.chosen));
    svg.append(...this.dots);
    this.listen(svg);
    this.figure.replaceChildren(svg, this.now, keyOf(this.trend));
    this.show(this.chosen);
    if (hadFocus) this.dots[this.chosen].focus();
  }

  listen(svg) {
    this.dots.forEach((node, i) => {
      node.addEventListener("focus", () => this.show(i));
      node.addEventListener("pointerenter", () => this.show(i));
      node.addEventListener("click", () => node.focus());
    });
    svg.addEventListener("keydown", (event) => {
      const i = this.dots.indexOf(document.activeElement), next = stepTo(event.key, i, this.dots.length);
      if (i < 0 || next === undefined) return;
      event.preventDefault();
      this.dots[next].focus();
    });
  }

  show(i) {
    this.dots[this.chosen].setAttribute("tabindex", "-1");
    this.dots[i].setAttribute("tabindex", "0");
    this.dots[this.chosen].classList.remove("chosen");
    this.dots[i].classList.add("chosen");
    for (const end of ["x1", "x2"]) this.guide.setAttribute(end, this.places[i]);
    this.chosen = i;
    this.now.textContent = this.trend.points[i].label;
  }
}

function scaleOf(points, steps, width, height) {
  const ticks = numberTicks(...extentOf(points, steps), height < 280 ? 4 : 5);
  const [bottom, top] = [ticks.values[0], ticks.values.at(-1)];
  const [from, to] = [points[0].at, points.at(-1).at];
  const left = SPACE.left + 14, right = width - SPACE.right - 14;
  return {
    ticks, from, to,
    x: (at) => round(to === from ? (left + right) / 2 : left + ((at - from) / (to - from)) * (right - left)),
    y: (value) => round(height - SPACE.bottom - ((value - bottom) / (top - bottom)) * (height - SPACE.bottom - SPACE.top)),
    left: SPACE.left, right: width - SPACE.right, top: SPACE.top, bottom: height - SPACE.bottom,
  };
}

const round = (number) => Math.round(number * 10) / 10;

function bands(steps, scale) {
  return steps.flatMap((step) => {
    const { x, width, y, height, edges } = bandOf(step, scale);
    return [
      shape("rect", { class: "band", x, y, width, height }),
      ...edges.map((edge) => shape("line", { class: "edge", x1: x, x2: x + width, y1: edge, y2: edge })),
    ];
  });
}

function axes(scale, width, unit) {
  const grid = scale.ticks.values.flatMap((value) => [
    shape("line", { class: "grid", x1: scale.left, x2: scale.right, y1: scale.y(value), y2: scale.y(value) }),
    shape("text", { x: scale.left - 8, y: scale.y(value), "text-anchor": "end", "dominant-baseline": "middle" }, value.toFixed(scale.ticks.digits)),
  ]);
  const dates = dateTicks(new Date(scale.from), new Date(scale.to), width < 480 ? 3 : 6).map(([at, words]) =>
    shape("text", { x: scale.x(at.getTime()), y: scale.bottom + 22, "text-anchor": "middle" }, words));
  return [...grid, ...dates, shape("text", { x: 0, y: 14 }, unit)];
}

function mark(flag) {
  return flag ? shape("path", { class: "mark", d: DIAMOND }) : shape("circle", { class: "mark", r: 6 });
}

const arrow = (bound) => shape("path", { class: "way", d: bound.startsWith("<") ? "M0 9V20M-4 16 0 20 4 16" : "M0-9V-20M-4-16 0-20 4-16" });

function dot(point, scale, chosen) {
  const node = shape("g", { class: "dot", transform: `translate(${scale.x(point.at)} ${scale.y(point.value)})`, role: "img", "aria-label": point.label, tabindex: chosen ? 0 : -1 },
    shape("circle", { class: "hit", r: 13 }), mark(point.flag));
  if (point.flag) node.dataset.flag = point.flag;
  if (point.bound) {
    node.dataset.bound = point.bound;
    node.append(arrow(point.bound));
  }
  return node;
}

function keyOf({ points, steps, apart, gaps }) {
  const bounds = points.filter((point) => point.bound);
  return html("ul", "key",
    ...sentence(steps.length, "range", shape("rect", { class: "band", x: -12, y: -7, width: 24, height: 14 }), shape("path", { class: "edge", d: "M-12-7H12M-12 7H12" })),
    ...sentence(points.some((point) => point.flag), "outside", flagged(mark("low"))),
    ...sentence(bounds.length, "bound", bounded(bounds[0]?.bound.startsWith("<") ? -5 : 5)),
    ...sentence(gaps, "method"),
    ...sentence(apart, apart === 1 ? "apart-one" : "apart-many").map((node) => fill(node, apart)));
}

function sentence(needed, name, ...drawn) {
  const words = needed ? document.getElementById("trend-words")?.content.querySelector(`[data-say="${name}"]`) : null;
  if (!words) return [];
  const swatch = drawn.length ? [shape("svg", { class: "swatch", viewBox: "-14 -14 28 28", "aria-hidden": "true" }, ...drawn)] : [];
  return [html("li", "", ...swatch, html("span", "", words.textContent))];
}

const flagged = (node) => { const group = shape("g", { class: "dot" }, node); group.dataset.flag = "low"; return group; };
const bounded = (cy) => { const group = shape("g", { class: "dot" }, shape("circle", { class: "mark", r: 6, cy }), shape("path", { class: "way", d: cy < 0 ? "M0 3V12M-4 8 0 12 4 8" : "M0-3V-12M-4-8 0-12 4-8" })); group.dataset.bound = "<"; return group; };

function fill(node, count) {
  const words = node.querySelector("span");
  words.textContent = words.textContent.replace("{n}", count);
  return node;
}

customElements.define("trend-chart", TrendChart);
