// The heat map and the list of what occurs together, and the mark of the section that is being read.
const { pairs } = payload;
const form = document.getElementById("pairs-form");

function paint(pair, row, column, measure, most) {
  if (pair.first === pair.second && pair.rows[row] === pair.columns[column]) return "transparent";
  if (measure === "count") {
    const share = Math.sqrt(pair.counts[row][column] / most);
    return share ? `rgba(var(--more), ${(0.06 + 0.94 * share).toFixed(3)})` : "";
  }
  const [count, expected] = [pair.counts[row][column], pair.expected[row][column]];
  if (Math.max(count, expected) < 5) return "";
  const distance = count ? Math.max(-3, Math.min(3, Math.log2(count / expected))) : -3;
  const strength = (Math.abs(distance) / 3) * 0.85 + 0.04;
  return `rgba(var(${distance < 0 ? "--less" : "--more"}), ${strength.toFixed(3)})`;
}

function tell(pair, row, column) {
  const [one, other] = [pair.rows[row], pair.columns[column]];
  if (pair.first === pair.second && one === other) return `${one}`;
  const [count, expected] = [pair.counts[row][column], pair.expected[row][column]];
  const lift = expected ? count / expected : 0;
  return `${one} and ${other}: ${format(count)} items, ${format(expected)} by chance (lift ${format(lift)})`;
}

function drawHeat() {
  const pair = pairs[form.elements.pair.value];
  const measure = form.elements.measure.value;
  const most = Math.max(1, ...pair.counts.flat());
  const table = make("table", undefined, { "aria-label": `${speak(pair.first)} by ${speak(pair.second)}` });
  const head = table.createTHead().insertRow();
  head.append(make("td"));
  for (const value of pair.columns) {
    const cell = make("th", undefined, { scope: "col", title: value });
    cell.append(make("span", value));
    head.append(cell);
  }
  const body = table.createTBody();
  pair.rows.forEach((value, row) => {
    const line = body.insertRow();
    line.append(make("th", value, { scope: "row", title: value }));
    pair.columns.forEach((_, column) => {
      const cell = line.insertCell();
      cell.style.background = paint(pair, row, column, measure, most);
      cell.dataset.place = `${row},${column}`;
      cell.tabIndex = row + column ? -1 : 0;
      cell.setAttribute("aria-label", tell(pair, row, column));
    });
  });
  document.getElementById("pairs-heat").replaceChildren(table);
  drawLegend(measure, most);
  const items = `${format(pair.items)} items have a value in ${pair.first === pair.second ? "it" : "both"}.`;
  const tie = pair.information === null ? "" : ` Normalised mutual information ${pair.information} (0: independent, 1: one says the other).`;
  document.getElementById("pairs-told").textContent = items + tie;
  drawList();
}

function drawLegend(measure, most) {
  const legend = document.getElementById("pairs-legend");
  const bar = make("i");
  bar.style.background = measure === "count"
    ? "linear-gradient(90deg, rgba(var(--more), .06), rgba(var(--more), 1))"
    : "linear-gradient(90deg, rgba(var(--less), .89), rgba(var(--less), .04), rgba(var(--more), .89))";
  const [low, high] = measure === "count" ? ["1 item", format(most)] : ["⅛ of chance or less", "8 times or more"];
  legend.replaceChildren(make("span", low), bar, make("span", high));
  if (measure === "lift") legend.append(make("i", undefined, { class: "few" }), make("span", "too few to say"));
}

function drawList() {
  const pair = pairs[form.elements.pair.value];
  const rows = pair[document.getElementById("pairs-order").elements.list.value];
  const place = document.getElementById("pairs-list");
  if (!rows.length) {
    place.replaceChildren(make("p", "No pair is seen, or expected, five times and differs from chance.", { class: "kind" }));
    return;
  }
  const table = make("table");
  const head = table.createTHead().insertRow();
  for (const name of [speak(pair.first), speak(pair.second)]) head.append(make("th", name, { scope: "col" }));
  for (const name of ["items", "by chance", "lift", "PMI"]) head.append(make("th", name, { scope: "col", class: "figure" }));
  const body = table.createTBody();
  for (const [first, second, count, expected, lift] of rows) {
    const line = body.insertRow();
    line.append(make("th", first, { scope: "row" }), make("td", second));
    for (const number of [format(count), format(expected), format(lift), lift ? Math.log2(lift).toFixed(1) : "–"]) {
      line.append(make("td", number, { class: "figure" }));
    }
  }
  place.replaceChildren(table);
}

function follow(event) {
  const cell = event.target.closest("td[data-place]");
  if (!cell) return;
  const [row, column] = cell.dataset.place.split(",").map(Number);
  document.getElementById("pairs-told").textContent = tell(pairs[form.elements.pair.value], row, column);
}

function step(event) {
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const cell = event.target.closest("td[data-place]");
  if (!cell || !moves[event.key]) return;
  const [row, column] = cell.dataset.place.split(",").map(Number);
  const next = document.querySelector(`#pairs-heat td[data-place="${row + moves[event.key][0]},${column + moves[event.key][1]}"]`);
  event.preventDefault();
  if (!next) return;
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

if (form) {
  const heat = document.getElementById("pairs-heat");
  form.addEventListener("change", drawHeat);
  document.getElementById("pairs-order").addEventListener("change", drawList);
  heat.addEventListener("pointerover", follow);
  heat.addEventListener("focusin", follow);
  heat.addEventListener("keydown", step);
  drawHeat();
}

const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const strip = document.querySelector("nav div");
function fade() {
  strip.parentElement.classList.toggle("more", strip.scrollLeft + strip.clientWidth < strip.scrollWidth - 4);
}
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
document.querySelectorAll("section").forEach((section) => watcher.observe(section));
strip.addEventListener("scroll", fade);
new ResizeObserver(fade).observe(strip);
