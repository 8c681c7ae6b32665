// A confusion matrix: as a table where it is small, as a picture where it is large, with the worst mistakes in words.

import { el, swap } from "../dom.js";
import { count, percent } from "../words.js";

const TABLE = 12;
const WORST = 12;

/** Draw {values, matrix}: rows are what is true, columns what was said. Values that never occur are left out. */
export function drawConfusion(place, { values, matrix, measured_on: measured }) {
  const sums = matrix.map((row) => row.reduce((sum, number) => sum + number, 0));
  const kept = values.map((_, at) => at).filter((at) => sums[at] || matrix.some((row) => row[at]));
  const told = { values, matrix, sums, kept };
  swap(place, el("p", { class: "hint" }, `Counted on ${measured}.`), kept.length <= TABLE ? smallTable(told) : [largePicture(told), el("p", { class: "hint" }, `${kept.length} values; rows are true, columns were said. A dark diagonal is good.`)], worst(told));
}

// Per cent of the accent behind a share of one: more, and neither dark nor light figures can be read on it.
const DARKEST = 40;

const share = ({ matrix, sums }, row, column) => (sums[row] ? matrix[row][column] / sums[row] : 0);

function smallTable(told) {
  const { values, matrix, kept } = told;
  const cell = (row, column) => {
    const part = share(told, row, column);
    const node = el("td", { class: "number", title: `${values[row]} called ${values[column]}: ${count(matrix[row][column])}` }, matrix[row][column] ? percent(part) : "");
    node.style.setProperty("--share", `${Math.round(part * DARKEST)}%`);
    return node;
  };
  const head = el("tr", {}, el("td", {}, "true ↓ said →"), kept.map((at) => el("th", { scope: "col" }, values[at])));
  const rows = kept.map((row) => el("tr", {}, el("th", { scope: "row" }, values[row]), kept.map((column) => cell(row, column))));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion matrix" }, el("table", { class: "grid matrix" }, el("thead", {}, head), el("tbody", {}, rows)));
}

function largePicture(told) {
  const { values, matrix, kept } = told;
  const cell = Math.max(3, Math.floor(560 / kept.length));
  const canvas = el("canvas", { class: "matrix-picture", width: kept.length * cell, height: kept.length * cell, role: "img", "aria-label": `Confusion matrix of ${kept.length} values; the worst mistakes are listed below` });
  const pen = canvas.getContext("2d");
  // A custom property is not resolved to a colour by itself; a border that uses it is.
  pen.fillStyle = getComputedStyle(document.querySelector(".mark")).borderTopColor;
  kept.forEach((row, y) => kept.forEach((column, x) => {
    pen.globalAlpha = Math.sqrt(share(told, row, column));
    pen.fillRect(x * cell, y * cell, cell, cell);
  }));
  const caption = el("figcaption", { class: "hint", "aria-live": "off" }, "Point at a square to read it.");
  canvas.addEventListener("pointermove", (event) => {
    const around = canvas.getBoundingClientRect();
    const [row, column] = [kept[Math.floor(((event.clientY - around.top) / around.height) * kept.length)], kept[Math.floor(((event.clientX - around.left) / around.width) * kept.length)]];
    if (row !== undefined && column !== undefined) caption.textContent = `${values[row]} called ${values[column]}: ${count(matrix[row][column])} of ${count(told.sums[row])}`;
  });
  return el("figure", { class: "matrix-place" }, canvas, caption);
}

function worst(told) {
  const { values, matrix, sums, kept } = told;
  const pairs = kept.flatMap((row) => kept.filter((column) => column !== row && matrix[row][column]).map((column) => ({ row, column, number: matrix[row][column] })));
  const top = pairs.sort((one, other) => other.number - one.number).slice(0, WORST);
  if (!top.length) return el("p", { class: "hint" }, "It confuses nothing.");
  const line = ({ row, column, number }) => el("li", {}, el("strong", {}, values[row]), " called ", el("strong", {}, values[column]), el("span", { class: "hint" }, ` ${count(number)} of ${count(sums[row])}`));
  return el("div", { class: "worst" }, el("h3", {}, "The most frequent mistakes"), el("ol", {}, top.map(line)));
}
