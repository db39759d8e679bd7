// Two minutes before a sign-in ends, a dialog says so, and again when it has ended. What was typed stays on the page.
// Signing in again happens in another tab; when this one is looked at again, it asks the server how things stand.

const WARNED_BEFORE = 120_000;
const SOON = 60_000;

export function watchSession(dialog = document.getElementById("session-end")) {
  if (!dialog) return;
  const says = [...dialog.querySelectorAll("[data-when]")];
  let endsAt = Date.now() + Number(dialog.dataset.seconds) * 1000;
  let timer = 0;
  let closedAt = ""; // the state in which the person pressed Not now

  function look() {
    clearTimeout(timer);
    const left = endsAt - Date.now();
    if (left > WARNED_BEFORE) {
      dialog.close();
      closedAt = "";
      timer = setTimeout(look, left - WARNED_BEFORE);
      return;
    }
    const state = left > SOON ? "soon" : left > 0 ? "now" : "ended";
    for (const each of says) each.hidden = each.dataset.when !== state;
    const mayShow = closedAt === "" || (state === "ended" && closedAt !== "ended");
    if (!dialog.open && mayShow) dialog.showModal();
    if (left > 0) timer = setTimeout(look, left > SOON ? left - SOON : left);
    dialog.dataset.state = state;
  }

  // A tab that slept, or whose person signed in elsewhere, asks; near the end only, so that looking costs nothing.
  async function ask() {
    if (document.visibilityState !== "visible" || endsAt - Date.now() > WARNED_BEFORE) return;
    try {
      const answer = await fetch("/session-end", { headers: { Accept: "application/json" }, cache: "no-store" });
      const { seconds, whose } = await answer.json();
      if (seconds > 0 && whose !== dialog.dataset.whose) return void location.reload(); // Somebody else is signed in now.
      endsAt = Date.now() + seconds * 1000;
    } catch {
      // No answer: what we know stays true.
    }
    look();
  }

  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { closedAt = endsAt - Date.now() > WARNED_BEFORE ? "" : dialog.dataset.state; });
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("focus", ask);
  window.addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  look();
}
