// The states of the doctor's page: one is shown at a time, its heading takes the focus, its title the window.

export { momentWords } from "./times.js";

export const part = (id) => document.getElementById(id);
const states = [...document.querySelectorAll("[data-state]")];

// name: as in data-state; the window's title stands in the state's data-title.
export function show(name, titleOf) {
  for (const node of states) node.hidden = node.dataset.state !== name;
  const state = states.find((node) => node.dataset.state === name);
  document.title = titleOf(state.dataset.title);
  if (name !== "ask" && name !== "paste") state.querySelector("h1").focus();
}

// One fault at a time, beside its field; "" clears them. fields: ids of inputs with an id-fault and an id-field each.
export function complain(fields, wrong, words = "") {
  for (const id of fields) {
    const isWrong = id === wrong;
    part(`${id}-fault`).textContent = isWrong ? words : "";
    part(`${id}-fault`).hidden = !isWrong;
    part(`${id}-field`).classList.toggle("wrong", isWrong);
    if (isWrong) part(id).setAttribute("aria-invalid", "true");
    else part(id).removeAttribute("aria-invalid");
  }
  if (wrong) part(wrong).focus();
}
