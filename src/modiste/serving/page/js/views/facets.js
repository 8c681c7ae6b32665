// What results may be narrowed by: the category tree, colours, sizes, prices and words, each with its count.

import { address, getJson } from "../api.js";
import { el, swapKeepingFocus } from "../dom.js";
import { range } from "../parts/range.js";
import { swatch } from "../parts/swatches.js";
import { changeFacet, changeQuery, writeFilter } from "../query.js";
import { isColour } from "../shop.js";
import { count, money, nameField, upper } from "../words.js";

const FEW = 8;

/** Which facets a search asks for: those at `base` are counted with it, each of `others` without its own choice. */
export function planFacets(query, names, tree) {
  const visible = tree.filter((name, level) => names.includes(name) && (!level || query.facets[tree[level - 1]]));
  const asked = [...visible, ...names.filter((name) => !tree.includes(name) && name !== "price")];
  const all = writeFilter(query);
  const plan = { base: [], others: new Map() };
  for (const name of asked) {
    const where = writeFilter(query, tree.includes(name) ? tree.slice(tree.indexOf(name)) : [name]);
    if (where === all) plan.base.push(name);
    else plan.others.set(where, [...(plan.others.get(where) ?? []), name]);
  }
  return plan;
}

/** Count the facets that have a choice of their own: name -> [{value, count}]. */
export async function countOthers(plan, signal) {
  const asked = [...plan.others].map(([where, names]) => getJson(address("/v1/search", { k: 1, where, facets: names }), {}, { signal }));
  const answers = await Promise.all(asked);
  return Object.assign({}, ...answers.map((answer) => answer.facets));
}

/** Draw the panel; changed(query) asks for another search. */
export function drawFacets(panel, { query, counts, shop, tree, changed, opened }) {
  const groups = [];
  const known = tree.filter((name) => counts[name]);
  if (known.length) groups.push(group("category", upper("category"), drawTree(query, counts, known, tree, changed), { opened }));
  for (const name of shop.facets.toSorted((one, other) => rank(one) - rank(other))) {
    if (name === "price" && shop.price) groups.push(group("price", "Price", drawPrice(query, shop, changed), { opened }));
    else if (!tree.includes(name) && counts[name]?.length) groups.push(group(name, upper(nameField(name)), drawValues(name, query, counts[name], changed, opened), { opened }));
  }
  swapKeepingFocus(panel, groups);
}

/** What people narrow by most stands first. */
function rank(name) {
  const place = ["size", "price", "gender", "brand"].indexOf(name);
  if (isColour(name)) return 0;
  return place < 0 ? 9 : place + 1;
}

function group(name, text, body, { opened }) {
  const fold = el("details", { class: "facet", open: !opened.has(`-${name}`) }, el("summary", { dataset: { key: `fold-${name}` } }, text), body);
  fold.addEventListener("toggle", () => (fold.open ? opened.delete(`-${name}`) : opened.add(`-${name}`)));
  return fold;
}

/** The tree: the chosen branch is open, everything else is one step away. */
function drawTree(query, counts, known, tree, changed) {
  const level = (depth) => {
    const name = known[depth];
    if (!name) return null;
    const chosen = query.facets[name]?.[0];
    const shown = chosen ? counts[name].filter(({ value }) => value === chosen || depth === known.length - 1 || !query.facets[known[depth + 1]]) : counts[name];
    return el("ul", { class: "tree" }, shown.map(({ value, count: number }) => branch({ name, value, number, chosen, deeper: value === chosen ? level(depth + 1) : null, pick: () => changed(pickBranch(query, tree, name, value)) })));
  };
  return level(0) ?? el("p", {}, "No categories");
}

function branch({ name, value, number, chosen, deeper, pick }) {
  const button = el("button", { type: "button", class: "branch", "aria-pressed": String(value === chosen), dataset: { key: `${name}=${value}` }, onclick: pick }, el("span", {}, value), el("span", { class: "count" }, count(number)));
  return el("li", {}, button, deeper);
}

function pickBranch(query, tree, name, value) {
  const facets = { ...query.facets };
  const again = facets[name]?.[0] === value;
  for (const lower of tree.slice(tree.indexOf(name))) delete facets[lower];
  if (!again) facets[name] = [value];
  return changeQuery(query, { facets });
}

function drawPrice(query, shop, changed) {
  const write = (number) => money(number, shop.currency);
  return range({ label: "price", bounds: shop.price, chosen: query, write, changed: (low, high) => changed(changeQuery(query, { low, high })) });
}

/** Chosen values stay in sight, also where nothing of them is left. */
function drawValues(name, query, counted, changed, opened) {
  const chosen = query.facets[name] ?? [];
  const there = new Set(counted.map(({ value }) => value));
  const values = [...chosen.filter((value) => !there.has(value)).map((value) => ({ value, count: 0 })), ...counted];
  const look = name === "size" ? "sizes" : isColour(name) ? "colours" : "checks";
  const few = look === "colours" ? 12 : look === "sizes" ? 16 : FEW;
  const box = ({ value, count: number }) => {
    const on = chosen.includes(value);
    const toggle = () => changed(changeFacet(query, name, on ? chosen.filter((other) => other !== value) : [...chosen, value]));
    const input = el("input", { type: "checkbox", checked: on, onchange: toggle, dataset: { key: `${name}=${value}` } });
    return el("label", { class: "check" }, input, look === "colours" ? swatch(value) : null, el("span", { class: "name" }, value), el("span", { class: "count" }, count(number)));
  };
  const boxes = (name === "size" ? [...values].sort(compareSizes) : values).map(box);
  const list = el("fieldset", { class: look }, el("legend", { class: "unseen" }, name === "size" ? "Size in stock" : upper(nameField(name))), boxes);
  return boxes.length > few ? foldRest(list, boxes, few, name, chosen.length, opened) : list;
}

function foldRest(list, boxes, few, name, chosen, opened) {
  const all = opened.has(`+${name}`);
  boxes.forEach((box, place) => (box.hidden = !all && place >= few && !box.firstChild.checked));
  const more = el("button", { type: "button", class: "link", dataset: { key: `more-${name}` } }, all ? "Show fewer" : `Show all ${boxes.length}`);
  more.addEventListener("click", () => {
    const next = !opened.has(`+${name}`);
    if (next) opened.add(`+${name}`);
    else opened.delete(`+${name}`);
    boxes.forEach((box, place) => (box.hidden = !next && place >= few && !box.firstChild.checked));
    more.textContent = next ? "Show fewer" : `Show all ${boxes.length}`;
  });
  return [list, more];
}

const LETTERS = ["XXS", "XS", "S", "M", "L", "XL", "XXL", "XXXL"];

/** Numbers by their value, then letters from small to large, then the rest by name. */
function compareSizes({ value: one }, { value: other }) {
  const rank = (size) => (Number.isFinite(parseFloat(size)) ? [0, parseFloat(size)] : LETTERS.includes(size.toUpperCase()) ? [1, LETTERS.indexOf(size.toUpperCase())] : [2, 0]);
  const [[kind, place], [otherKind, otherPlace]] = [rank(one), rank(other)];
  return kind - otherKind || place - otherPlace || one.localeCompare(other);
}
