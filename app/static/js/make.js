// Builds elements. Words go in as text nodes alone, so nothing in a record can become a page.

// attributes: { name: value }; empty and undefined values are left out. children: nodes or texts; "" is left out.
export function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== "" && value !== undefined) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== ""));
  return node;
}

export function button(words, act, className = "second noprint") {
  const node = make("button", { type: "button", class: className }, words);
  node.addEventListener("click", act);
  return node;
}

// rows: lists of cells made before; heads: words of the columns. A table that becomes a list on a narrow screen.
export function table(caption, heads, ...bodies) {
  return make("table", { class: "stack" },
    make("caption", { class: "unseen" }, caption),
    make("thead", {}, make("tr", {}, ...heads.map((words) => make("th", { scope: "col" }, words)))),
    ...bodies);
}
