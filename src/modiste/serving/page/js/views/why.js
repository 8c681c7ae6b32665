// Why a tag: the parts of the picture that mattered, drawn over it, and the labelled neighbours that agree.

import { getJson, itemPath } from "../api.js";
import { el, swap } from "../dom.js";
import { icon } from "../icons.js";
import { nameItem } from "../parts/card.js";
import { problemBox, say } from "../parts/notices.js";
import { thumb } from "../parts/thumb.js";
import { productLink } from "../router.js";
import { nameField, percent, upper } from "../words.js";

const FINE = 16; // the map is drawn so many times finer, so that its squares become a soft light

/** Show the explanation of a field over a photo and below it. */
export async function showWhy({ item, field, photo, place, signal }) {
  clear(photo);
  const button = (text) => el("button", { type: "button", class: "button small", onclick: () => (clear(photo), swap(place)) }, icon("close"), text);
  swap(place, el("p", { class: "hint", role: "status" }, "Covering parts of the picture, one after the other, and looking again …"));
  try {
    const told = await getJson(itemPath(item.item_id, "/explanation"), { field }, { signal });
    photo.append(drawMap(told.map));
    const text = `The tagger says ${told.value ?? "nothing"} (${percent(told.confidence)}). The light parts of the picture made it say so: covering them lowers its confidence most.`;
    swap(place, el("div", { class: "why-head" }, el("h2", {}, `Why ${nameField(field)}: ${told.value ?? "none"}`), button("Close")), el("p", {}, text), drawNeighbours(told));
    say(text);
    photo.scrollIntoView({ block: "nearest" });
  } catch (problem) {
    if (problem.name !== "AbortError") swap(place, problemBox(problem), button("Close"));
  }
}

function clear(photo) {
  photo.querySelector(".map")?.remove();
}

/** What did not matter goes under a veil; what did stays as it is, with a warm rim where it mattered most. */
function drawMap({ rows, columns, values }) {
  const canvas = el("canvas", { class: "map", width: columns * FINE, height: rows * FINE, role: "img", "aria-label": "The parts of the picture that mattered are light, the rest is dark" });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(columns * FINE, rows * FINE);
  for (let y = 0; y < rows * FINE; y++) {
    for (let x = 0; x < columns * FINE; x++) {
      const share = smooth(values, rows, columns, (y + 0.5) / FINE - 0.5, (x + 0.5) / FINE - 0.5);
      const glow = Math.max(0, share - 0.55);
      image.data.set([24 + 226 * Math.min(1, glow * 3), 23 + 120 * Math.min(1, glow * 3), 22, 255 * (share > 0.55 ? 0.5 * glow : 0.82 * (1 - share / 0.55))], (y * columns * FINE + x) * 4);
    }
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

/** The value between four squares. */
function smooth(values, rows, columns, y, x) {
  const at = (row, column) => values[Math.min(rows - 1, Math.max(0, row))][Math.min(columns - 1, Math.max(0, column))];
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [down, right] = [y - top, x - left];
  const mix = (one, other, share) => one * (1 - share) + other * share;
  return mix(mix(at(top, left), at(top, left + 1), right), mix(at(top + 1, left), at(top + 1, left + 1), right), down);
}

function drawNeighbours({ neighbours, field, value }) {
  if (!neighbours?.length) return null;
  const agree = neighbours.filter((one) => one.agrees).length;
  const cards = neighbours.map(({ item, score, agrees }) => {
    const label = agrees ? upper(value) : (item.labels?.[field] ?? ["not labelled"]).join(", ");
    const mark = el("span", { class: agrees ? "agrees" : "differs" }, icon(agrees ? "check" : "close"), label);
    return el("li", {}, el("a", { href: productLink(item.item_id), "aria-label": `${nameItem(item)}: ${label}` }, el("span", { class: "photo" }, thumb(item.picture, { width: 120 })), mark, el("span", { class: "share" }, score.toFixed(2))));
  });
  return [el("h3", {}, `${agree} of the ${neighbours.length} labelled products that look most like it agree`), el("ul", { class: "neighbours" }, cards)];
}
