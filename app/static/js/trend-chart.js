// <trend-chart>: draws SVG from the results table inside it. The table stays as the text alternative.
// Rows: <tr data-series data-low data-high data-flag data-bound> with one <time datetime> and one <data value>.

import { dateTicks, numberTicks } from "./ticks.js";
import { extentOf, trendOf } from "./trend.js";

const SPACE = { top: 30, right: 18, bottom: 32, left: 50 };
const HEIGHT = 290;

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

function rowOf(tr) {
  const time = tr.querySelector("time"), data = tr.querySelector("data");
  return {
    at: time ? Date.parse(time.dateTime) : NaN,
    value: data && data.value !== "" ? Number(data.value) : NaN,
    bound: tr.dataset.bound ?? "",
    low: numberOrNull(tr.dataset.low),
    high: numberOrNull(tr.dataset.high),
    series: tr.dataset.series ?? "",
    flag: tr.dataset.flag,
    label: [time?.textContent, data?.textContent, tr.querySelector("[data-words]")?.textContent].map((text) => text?.replace(/\s+/g, " ").trim()).filter(Boolean).join(", "),
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
    this.width = Math.max(width || 640, 260);
    const { points, steps, segments, apart } = this.trend;
    const scale = scaleOf(points, steps, this.width);
    const svg = shape("svg", { viewBox: `0 0 ${this.width} ${HEIGHT}`, role: "group", "aria-label": this.dataset.title ?? "Trend" });
    svg.append(...bands(steps, scale), ...axes(scale, this.width, this.trend.series));
    for (const segment of segments) svg.append(shape("path", { class: "line", d: `M${segment.map((p) => `${scale.x(p.at)} ${scale.y(p.value)}`).join("L")}` }));
    this.dots = points.map((point, i) => dot(point, scale, i === this.chosen));
    svg.append(...this.dots);
    this.listen(svg);
    this.figure.replaceChildren(svg, this.now, key(this.trend, apart));
    this.show(this.chosen);
  }

  listen(svg) {
    this.dots.forEach((node, i) => {
      node.addEventListener("focus", () => this.show(i));
      node.addEventListener("pointerenter", () => this.show(i));
    });
    svg.addEventListener("keydown", (event) => {
      const i = this.dots.indexOf(document.activeElement);
      const next = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: this.dots.length - 1 }[event.key];
      if (i < 0 || !this.dots[next]) return;
      event.preventDefault();
      this.dots[i].setAttribute("tabindex", "-1");
      this.dots[next].setAttribute("tabindex", "0");
      this.dots[next].focus();
    });
  }

  show(i) {
    this.chosen = i;
    this.now.textContent = this.trend.points[i].label;
  }
}

function scaleOf(points, steps, width) {
  const ticks = numberTicks(...extentOf(points, steps));
  const [bottom, top] = [ticks.values[0], ticks.values.at(-1)];
  const [from, to] = [points[0].at, points.at(-1).at];
  const left = SPACE.left + 14, right = width - SPACE.right - 14;
  return {
    ticks, from, to,
    x: (at) => round(to === from ? (left + right) / 2 : left + ((at - from) / (to - from)) * (right - left)),
    y: (value) => round(HEIGHT - SPACE.bottom - ((value - bottom) / (top - bottom)) * (HEIGHT - SPACE.bottom - SPACE.top)),
    left: SPACE.left, right: width - SPACE.right, top: SPACE.top, bottom: HEIGHT - SPACE.bottom,
  };
}

const round = (number) => Math.round(number * 10) / 10;

function bands(steps, scale) {
  return steps.flatMap((step) => {
    const x1 = step.first ? scale.left : scale.x(step.from), x2 = step.last ? scale.right : scale.x(step.until);
    const top = step.high === null ? scale.top : scale.y(step.high), bottom = step.low === null ? scale.bottom : scale.y(step.low);
    const edges = [step.high === null ? null : top, step.low === null ? null : bottom].filter((y) => y !== null);
    return [
      shape("rect", { class: "band", x: x1, y: top, width: Math.max(0, x2 - x1), height: Math.max(0, bottom - top) }),
      ...edges.map((y) => shape("line", { class: "edge", x1, x2, y1: y, y2: y })),
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

function dot(point, scale, chosen) {
  const mark = point.flag ? shape("path", { class: "mark", d: "M0-8 8 0 0 8-8 0Z" }) : shape("circle", { class: "mark", r: 6 });
  const node = shape("g", { class: "dot", transform: `translate(${scale.x(point.at)} ${scale.y(point.value)})`, role: "img", "aria-label": point.label, tabindex: chosen ? 0 : -1 },
    shape("circle", { class: "hit", r: 13 }), mark);
  if (point.flag) node.dataset.flag = point.flag;
  if (point.bound) {
    node.dataset.bound = point.bound;
    node.append(shape("path", { class: "way", d: point.bound.startsWith("<") ? "M0 9V20M-4 16 0 20 4 16" : "M0-9V-20M-4-16 0-20 4-16" }));
  }
  return node;
}

function key({ points, steps }, apart) {
  const lines = [];
  if (steps.length) lines.push("Shaded: the lab’s own range");
  if (points.some((point) => point.flag)) lines.push("◆ outside it");
  if (points.some((point) => point.bound)) lines.push("○ with arrow: less or more than the figure");
  if (apart) lines.push(`${apart} in the table only: ${apart === 1 ? "it has" : "they have"} another unit or no number`);
  return html("p", "key", ...lines.map((line) => html("span", "", line)));
}

customElements.define("trend-chart", TrendChart);
