// Runs before the first paint, so that the page does not flash in the other colours.
try {
  const chosen = localStorage.getItem("modiste.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden; then the system's colours stay.
}
