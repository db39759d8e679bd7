// Show what is typed: a button behind each passphrase or password, for people who type slowly or on a small screen.
// What is sent travels as a password again, so that no browser keeps it among the things once typed.

export function offerToShow() {
  for (const input of document.querySelectorAll("input[type=password]")) {
    const { show, hide } = document.body.dataset;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain show";
    button.textContent = show;
    button.setAttribute("aria-controls", input.id);
    button.addEventListener("click", () => {
      const hidden = input.type === "password";
      input.type = hidden ? "text" : "password";
      button.textContent = hidden ? hide : show;
    });
    input.form?.addEventListener("submit", () => {
      input.type = "password";
    });
    input.after(button);
  }
}
