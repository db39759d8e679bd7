// Uploads with progress and cancel, one file after another, by picking or dropping. The plain form does the same for one
// file without any of it. A file that was not taken stays chosen, and the page says that nothing of it was kept.

const card = document.querySelector("[data-upload]");
if (card) begin(card);

function begin(card) {
  const form = card.querySelector("form");
  const parts = {
    input: form.querySelector("input[type=file]"),
    drop: form.querySelector("[data-drop]"),
    progress: form.querySelector("[data-progress]"),
    bar: form.querySelector("progress"),
    name: form.querySelector("[data-name]"),
    percent: form.querySelector("[data-percent]"),
    cancel: form.querySelector("[data-cancel]"),
    submit: form.querySelector("button:not([type=button])"),
    said: form.querySelector("[data-said]"),
    texts: card.querySelector("[data-texts]").dataset,
    most: Number(card.dataset.most),
    running: null,
  };
  parts.input.multiple = true;
  parts.drop.dataset.ready = "";
  for (const each of form.querySelectorAll("[data-needs-script]")) each.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    delete form.dataset.sent;
    if (!parts.running && parts.input.files.length) sendAll(parts, [...parts.input.files]);
  });
  parts.input.addEventListener("change", () => say(parts, ""));
  parts.cancel.addEventListener("click", () => parts.running?.abort());
  listenForDrops(parts);
}

function listenForDrops(parts) {
  const { drop } = parts;
  for (const type of ["dragover", "drop"]) window.addEventListener(type, (event) => event.preventDefault());
  drop.addEventListener("dragenter", () => { drop.dataset.over = ""; });
  drop.addEventListener("dragover", (event) => { event.dataTransfer.dropEffect = "copy"; drop.dataset.over = ""; });
  drop.addEventListener("dragleave", (event) => { if (!drop.contains(event.relatedTarget)) delete drop.dataset.over; });
  drop.addEventListener("drop", (event) => {
    delete drop.dataset.over;
    if (parts.running || !event.dataTransfer.files.length) return;
    parts.input.files = event.dataTransfer.files;
    sendAll(parts, [...parts.input.files]);
  });
}

// One after another. What arrived leaves the form; the rest stays chosen.
async function sendAll(parts, files) {
  const arrived = [];
  for (const [place, file] of files.entries()) {
    const { next, fault } = await sendOne(parts, file, place + 1, files.length);
    if (fault) {
      keep(parts, files.slice(place));
      const before = arrived.length ? `${fill(parts.texts.some, { count: arrived.length })} ` : "";
      stop(parts, before + fault);
      return;
    }
    arrived.push(next);
  }
  location.assign(arrived.length === 1 ? arrived[0] : "/add");
}

// -> { next } with where its answer is, or { fault } in words.
async function sendOne(parts, file, place, count) {
  const { texts } = parts;
  const name = file.name;
  if (file.size > parts.most) return { fault: fill(texts.large, { name }) };
  show(parts, fill(count > 1 ? texts.sendingMany : texts.sending, { name, place, count }));
  const { status, body, ended, whole } = await post(parts, file);
  if (ended === "abort") return { fault: fill(texts.cancelled, { name }) };
  if (ended === "error") return { fault: fill(whole ? texts.unsure : texts.broke, { name }) };
  if (status === 201 && body?.import_id) return { next: `/imports/waiting/${body.import_id}` };
  if (status === 401) return { fault: fill(texts.signedOut, { name }) };
  if (body?.code === "malformed-json") return { fault: fill(texts.damaged, { name }) };
  return { fault: fill(texts.refused, { name, advice: body?.detail ?? "" }) };
}

function post(parts, file) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let whole = false;
    parts.running = request;
    request.upload.addEventListener("progress", (event) => progress(parts, event.loaded, event.total));
    request.upload.addEventListener("load", () => {
      whole = true;
      parts.cancel.hidden = true;
      progress(parts, 1, 1);
      say(parts, parts.texts.reading);
    });
    for (const ended of ["load", "abort", "error", "timeout"]) {
      request.addEventListener(ended, () => {
        resolve({ status: request.status, body: readable(request), ended: ended === "timeout" ? "error" : ended, whole });
      });
    }
    request.open("POST", `/api/imports/staged?filename=${encodeURIComponent(file.name.slice(0, 255))}`);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.send(file);
  });
}

function readable(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null;
  }
}

function show(parts, line) {
  parts.submit.parentElement.hidden = true;
  parts.progress.hidden = false;
  parts.cancel.hidden = false;
  parts.input.disabled = true;
  parts.half = false;
  parts.name.textContent = line;
  progress(parts, 0, 1);
  say(parts, line);
  parts.cancel.focus();
}

function progress(parts, loaded, total) {
  const percent = total ? Math.floor((100 * loaded) / total) : 0;
  parts.bar.value = percent;
  parts.percent.textContent = `${percent} %`;
  if (percent >= 50 && percent < 100 && !parts.half) {
    parts.half = true;
    say(parts, parts.texts.half);
  }
}

function stop(parts, words) {
  parts.running = null;
  parts.progress.hidden = true;
  parts.submit.parentElement.hidden = false;
  parts.input.disabled = false;
  say(parts, words, true);
  parts.submit.focus();
}

// While a bar shows how far it is, the words are for those who hear the page.
function say(parts, words, bad = false) {
  parts.said.textContent = words;
  parts.said.classList.toggle("hidden-words", !bad && !parts.progress.hidden);
  parts.said.toggleAttribute("data-bad", bad);
}

function keep(parts, files) {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  parts.input.files = transfer.files;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
