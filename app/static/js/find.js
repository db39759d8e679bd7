// Filters the list of tests while somebody types. Without it the form asks the server, by the same rule (finding.py).

// Without case, accents, punctuation and double spaces.
export function plain(text) {
  const bare = text.normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("_", " ").toUpperCase().toLowerCase(); // ß becomes ss.
  return (bare.match(/[\p{L}\p{N}]+/gu) ?? []).join(" ");
}

// Whether each word wanted begins a word of the names, which are plain already.
export function isFound(names, wanted) {
  const padded = ` ${names}`;
  return plain(wanted).split(" ").every((word) => padded.includes(` ${word}`));
}

function filled(words, numbers) {
  return words.replace(/\{(\w+)\}/g, (_, name) => numbers[name]);
}

function start(form) {
  const rows = [...document.querySelectorAll("li.result")];
  const found = document.getElementById("found"), none = document.getElementById("none"), noneOutside = document.getElementById("none-outside");
  const { find } = form.elements;

  function filter() {
    const outside = form.elements.show.value === "outside", wanted = find.value.trim();
    let shown = 0;
    for (const row of rows) {
      row.hidden = (outside && !("outside" in row.dataset)) || !isFound(row.dataset.names, wanted);
      if (!row.hidden) shown += 1;
    }
    for (const section of document.querySelectorAll("section.tests")) section.hidden = !section.querySelector("li.result:not([hidden])");
    noneOutside.hidden = shown > 0 || !outside || wanted !== "";
    none.hidden = shown > 0 || !noneOutside.hidden;
    const { all, one, some } = found.dataset;
    const said = shown < rows.length ? some : shown === 1 ? one : all;
    const text = filled(said, { n: shown, total: rows.length });
    if (found.textContent !== text) found.textContent = text; // Said aloud only when it changes.
  }

  for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  document.querySelector("[data-show-all]").addEventListener("click", (event) => {
    event.preventDefault();
    form.reset();
    find.value = "";
    document.getElementById("show-all").checked = true;
    filter();
    find.focus();
  });
  window.addEventListener("pageshow", filter); // A browser that comes back keeps what was typed.
  filter();
}

if (typeof document !== "undefined") {
  const form = document.querySelector("form[data-finder]");
  if (form) start(form);
}
