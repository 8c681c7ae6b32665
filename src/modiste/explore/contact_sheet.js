const form = document.getElementById("filters");
const cards = [...document.querySelectorAll(".card")];
function show() {
  const wanted = new FormData(form).get("show");
  let count = 0;
  for (const card of cards) {
    const fits = wanted === "all" || card.dataset.marks.split(" ").includes(wanted);
    card.hidden = !fits;
    count += fits;
  }
  document.getElementById("shown").textContent = `${count} of ${cards.length} pictures`;
  document.getElementById("nothing").hidden = count > 0;
}
form.hidden = false;
form.addEventListener("change", show);
form.addEventListener("submit", (event) => event.preventDefault());
show();
