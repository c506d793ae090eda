// Runs before the first paint, so that a chosen theme does not flash. A plain script for that reason.
try {
  document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";
} catch {
  document.documentElement.dataset.theme = "auto";
}
document.documentElement.classList.add("scripted");
