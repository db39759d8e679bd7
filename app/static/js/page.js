// What every page gains where JavaScript runs: local times, copy, print and show buttons, one submission per press.

import { watchSession } from "./session.js";
import { offerToShow } from "./show.js";
import { localise } from "./times.js";

localise();
watchSession();
offerToShow();

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const status = document.getElementById(button.dataset.status);
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      status.textContent = document.body.dataset.copied;
    } catch {
      status.textContent = document.body.dataset.notCopied;
    }
  });
}

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

document.querySelector("[data-focus]")?.focus();
