// The patient's phone: the code that a camera read stands behind the "#" and goes into its field; a page that waits looks again.

const KEPT = "vault.code"; // A scanned code, over the sign-in; taken away as soon as there is a field for it.

if (location.hash.length > 1) {
  sessionStorage.setItem(KEPT, location.hash.slice(1, 17));
  history.replaceState(null, "", location.pathname);
}
const field = document.getElementById("code");
if (field) {
  field.value ||= sessionStorage.getItem(KEPT) ?? "";
  sessionStorage.removeItem(KEPT);
}
const again = document.querySelector("[data-look-again]");
if (again) setTimeout(() => location.reload(), Number(again.dataset.lookAgain));
