// Histograms of the set, a class or a picture; the panels of classes; the dialog of a picture.
const { fields, portraits, histograms } = payload;
const form = document.getElementById("histogram-form");
const SVG = "http://www.w3.org/2000/svg";
const BINS = 32;

function showTile(at, scale) {
  return makeTile("e", portraits.tiles[at], portraits.sheets, scale);
}

function outline(numbers, most) {
  const points = numbers.map((number, at) => `${at} ${(100 - 96 * Math.min(1, number / most)).toFixed(2)}H${at + 1}`);
  return `M${points.join("L")}`;
}

function drawLevels(curves, behind, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "levels");
  svg.setAttribute("viewBox", `0 0 ${BINS} 100`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  // A white background fills the last level; the scale is that of the others, and the level is cut off.
  const inner = [...curves, ...behind].flatMap(([numbers]) => numbers.slice(1, -1));
  const whole = [...curves, ...behind].flatMap(([numbers]) => numbers);
  const most = Math.min(Math.max(...whole), Math.max(2.2 * Math.max(...inner), 1)) || 1;
  for (const [numbers, colour] of curves) add(svg, `${outline(numbers, most)}V100H0Z`, { fill: colour, "fill-opacity": ".22" });
  for (const [numbers, colour] of behind) add(svg, outline(numbers, most), { fill: "none", stroke: colour, "stroke-width": "1", "stroke-opacity": ".55", "stroke-dasharray": "3 3" });
  for (const [numbers, colour] of curves) add(svg, outline(numbers, most), { fill: "none", stroke: colour, "stroke-width": "2" });
  const axis = make("div", undefined, { class: "levels-axis", "aria-hidden": "true" });
  axis.append(make("span", "dark"), make("span", "bright"));
  const box = make("div");
  box.append(svg, axis);
  return box;
}

function add(svg, path, attributes) {
  const element = document.createElementNS(SVG, "path");
  element.setAttribute("d", path);
  for (const [key, value] of Object.entries(attributes)) element.style.setProperty(key, value);
  svg.append(element);
}

function channel(numbers, at) {
  return numbers.slice(at * BINS, (at + 1) * BINS);
}

function drawBoth(numbers, told, behind) {
  const grey = drawLevels([[channel(numbers, 0), "var(--ink)"]], behind ? [[channel(behind, 0), "var(--ink)"]] : [], `Grey levels of ${told}`);
  const colours = ["--red", "--green", "--blue"];
  const curves = colours.map((name, at) => [channel(numbers, at + 1), `var(${name})`]);
  const others = behind ? colours.map((name, at) => [channel(behind, at + 1), `var(${name})`]) : [];
  return [grey, drawLevels(curves, others, `Red, green and blue levels of ${told}`)];
}

function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => make("option", text, { value })));
  select.parentElement.hidden = options.length < 2;
}

function classesOf(field) {
  return histograms.classes.filter((item) => item[0] === field);
}

function chooseField() {
  const { field, value } = form.elements;
  const options = classesOf(field.value).map((item, at) => [at, `${item[1]} (${format(item[2])})`]);
  fill(value, field.value ? [["", "all values"], ...options] : []);
  chooseValue();
}

function chooseValue() {
  const { field, value, picture } = form.elements;
  const item = value.value === "" ? null : classesOf(field.value)[value.value];
  const shown = item ? item[4] : portraits.items.map((_, at) => at).slice(0, 60);
  fill(picture, [["", "all together"], ...shown.map((at) => [at, portraits.items[at][1] || portraits.items[at][0]])]);
  draw();
}

function draw() {
  const { field, value, picture } = form.elements;
  const item = value.value === "" ? null : classesOf(field.value)[value.value];
  let [count, numbers] = item ? [item[2], item[3]] : histograms.all;
  let told = item ? `${format(count)} pictures with ${speak(item[0])} ${item[1]}` : `all ${format(count)} pictures`;
  const place = document.getElementById("histogram-picture");
  place.replaceChildren();
  if (picture.value !== "") {
    numbers = portraits.histograms[picture.value];
    told = `the picture ${portraits.items[picture.value][0]}`;
    place.append(showTile(Number(picture.value), 1.2));
  }
  const whole = numbers === histograms.all[1];
  const [grey, colours] = drawBoth(numbers, told, whole ? null : histograms.all[1]);
  document.getElementById("histogram-grey").replaceChildren(grey);
  document.getElementById("histogram-colours").replaceChildren(colours);
  document.getElementById("histogram-told").textContent = `Shown: ${told}.`;
}

function openPortrait(at) {
  const [name, title, labels] = portraits.items[at];
  const facts = make("div");
  facts.append(make("h3", title || name, { id: "portrait-name" }));
  const list = make("dl");
  list.append(make("dt", "item"), make("dd", name));
  labels.forEach((label, place) => list.append(make("dt", speak(fields[place])), make("dd", label || "–")));
  facts.append(list);
  const levels = make("div", undefined, { class: "wide" });
  levels.append(...drawBoth(portraits.histograms[at], `the picture ${name}`, histograms.all[1]));
  document.getElementById("portrait-body").replaceChildren(showTile(at, Math.max(1.5, 112 / portraits.tiles[at][4])), facts, levels);
  document.getElementById("portrait").showModal();
}

if (form) {
  fill(form.elements.field, [["", "all pictures"], ...fields.filter((name) => classesOf(name).length).map((name) => [name, speak(name)])]);
  form.elements.field.addEventListener("change", chooseField);
  form.elements.value.addEventListener("change", chooseValue);
  form.elements.picture.addEventListener("change", draw);
  chooseField();
}

const panels = document.getElementById("classes-form");
if (panels) {
  const show = () => {
    const wanted = panels.elements.field.value;
    document.querySelectorAll("#classes .panel").forEach((panel) => { panel.hidden = panel.dataset.field !== wanted; });
  };
  panels.hidden = false;
  panels.addEventListener("change", show);
  show();
}
document.getElementById("classes").addEventListener("click", (event) => {
  const button = event.target.closest("[data-portrait]");
  if (button) openPortrait(Number(button.dataset.portrait));
});
const dialog = document.getElementById("portrait");
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
