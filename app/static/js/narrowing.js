// A list of boxes to tick, narrowed while its name is typed. Ticked ones stay; the form still finds by itself.

for (const input of document.querySelectorAll("input[data-narrows]")) {
  const list = document.getElementById(input.dataset.narrows);
  const status = document.getElementById(input.dataset.status);
  if (!list) continue;
  const lines = [...list.querySelectorAll(".choice")].map((node) => ({ node, box: node.querySelector("input"), words: node.textContent.toLowerCase() }));
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    let shown = 0;
    for (const line of lines) {
      const fits = line.words.includes(wanted);
      line.node.hidden = !fits && !line.box.checked;
      if (fits) shown += 1;
    }
    status.textContent = wanted && shown === 0 ? status.dataset.sayNone : "";
  });
}
