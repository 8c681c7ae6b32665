// One field at a time, tables that sort, a matrix that can be read, and the mark of the section that is being read.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

const fields = document.getElementById("fields");
function show() {
  const chosen = fields.elements.field.value;
  for (const panel of all(".panel")) panel.hidden = panel.dataset.field !== chosen;
}
if (fields.elements.field) {
  fields.hidden = all("input", fields).length < 2;
  fields.addEventListener("change", show);
  show();
}

const kinds = document.getElementById("kinds");
kinds.hidden = false;
kinds.addEventListener("change", (event) => {
  for (const card of all(".examples > li")) card.hidden = !["all", card.dataset.kind].includes(event.target.value);
});

function sort(table, column, down) {
  const number = (row) => Number(row.cells[column].dataset.sort);
  const text = (row) => row.cells[0].textContent;
  const rows = [...table.tBodies[0].rows];
  rows.sort((one, other) => (column ? number(one) - number(other) : text(other).localeCompare(text(one))) * (down ? -1 : 1)
    || text(one).localeCompare(text(other)));
  table.tBodies[0].append(...rows);
  all("thead th", table).forEach((head, at) => {
    if (at === column) head.setAttribute("aria-sort", down === Boolean(column) ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  });
}
for (const table of all(".sortable")) {
  all("thead th", table).forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const sorted = head.getAttribute("aria-sort");
      sort(table, column, sorted !== (column ? "descending" : "ascending"));
    });
  });
  all("thead th", table)[1].setAttribute("aria-sort", "descending");
}

for (const panel of all("#confusion .panel")) {
  const told = panel.querySelector(".told");
  const read = (event) => {
    const cell = event.target.closest("[data-cell]");
    if (!cell) return;
    told.textContent = cell.querySelector("title").textContent;
    const [row, column] = cell.dataset.cell.split(",");
    for (const name of all(".down text, .across text", panel)) {
      name.classList.toggle("named", name.dataset.row === row || name.dataset.column === column);
    }
  };
  panel.addEventListener("pointerover", read);
  panel.addEventListener("click", read);
}

for (const choice of all(".curve-choice")) {
  choice.addEventListener("change", () => {
    for (const curve of all(".curve-of", choice.closest("figure"))) curve.hidden = curve.dataset.value !== choice.value;
  });
}

const links = new Map(all("nav a").map((link) => [link.hash.slice(1), link]));
const strip = document.querySelector("nav div");
const fade = () => {
  strip.parentElement.classList.toggle("more", strip.scrollLeft + strip.clientWidth < strip.scrollWidth - 4);
};
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const [name, link] of links) {
      if (name !== entry.target.id) link.removeAttribute("aria-current");
      else {
        link.setAttribute("aria-current", "true");
        strip.scrollLeft = link.offsetLeft - (strip.clientWidth - link.offsetWidth) / 2;
      }
    }
  }
}, { rootMargin: "-20% 0px -75% 0px" });
all("section").forEach((section) => watcher.observe(section));
strip.addEventListener("scroll", fade);
new ResizeObserver(fade).observe(strip);
