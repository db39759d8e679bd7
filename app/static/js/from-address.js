// What stands behind the # of a link goes into the form's marked field, and out of the address.

const field = document.querySelector("[data-from-address]");
if (field && location.hash.length > 1) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}
