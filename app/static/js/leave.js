// Leave now: blank at once, then away, with this page’s place in the history taken by the neutral one. Escape three
// times does the same. The sign-out travels behind: it needs no answer.

const link = document.querySelector("a[data-leave]");
const TIMES = 3;
const WITHIN_MS = 2000;
let left = false;
let presses = [];

function leave() {
  left = true;
  document.body.hidden = true;
  document.title = link.dataset.blank;
  if (!navigator.sendBeacon("/leave")) fetch("/leave", { method: "POST", keepalive: true }).catch(() => {});
  location.replace(link.dataset.leave);
}

link?.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});

document.addEventListener("keydown", (event) => {
  if (!link || event.key !== "Escape" || event.repeat) return;
  presses = [...presses.filter((at) => event.timeStamp - at < WITHIN_MS), event.timeStamp];
  if (presses.length >= TIMES) leave();
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted && left) location.replace(link.dataset.leave);
});
