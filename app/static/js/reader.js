// Back from signing in for a link that one person opens: the proof goes to this tab, which kept the link, and no further.

const KEPT = "vault.viewing"; // As viewer.js keeps it.
const kept = sessionStorage.getItem(KEPT);
if (kept !== null) {
  const { proof } = document.getElementById("reader").dataset;
  sessionStorage.setItem(KEPT, JSON.stringify({ ...JSON.parse(kept), proof }));
  location.replace("/view");
}
