// A product as it stands on a wall of products.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { link, productLink } from "../router.js";
import { money } from "../words.js";
import { thumb } from "./thumb.js";

/** What a product is called where it has no title: what it shows, or its id. */
export function nameItem(item) {
  if (item.title) return item.title;
  const shown = ["baseColour", "articleType"].flatMap((field) => item.labels?.[field] ?? []);
  return shown.length ? shown.join(" ") : `Product ${item.item_id}`;
}

/** The price, and the one it had. */
export function priceOf(item) {
  if (item.price === null || item.price === undefined) return null;
  const less = item.list_price > item.price;
  const before = less && el("s", {}, el("span", { class: "unseen" }, "before "), money(item.list_price, item.currency));
  return el("p", { class: "price" }, before, before && " ", el("span", {}, money(item.price, item.currency)));
}

function scoreOf(score) {
  const bar = el("span", { class: "meter", "aria-hidden": "true" }, el("span", { style: { "inline-size": `${Math.max(0, Math.min(1, score)) * 100}%` } }));
  return el("p", { class: "score", title: "How alike: 1 is the same, 0 has nothing in common" }, bar, el("span", { class: "unseen" }, "score "), score.toFixed(2));
}

/** A card: picture, name, price, and the score where there is one; `level` is its heading's. */
export function productCard(item, { score = null, eager = false, note = null, level = 3 } = {}) {
  const name = nameItem(item);
  const photo = el("div", { class: "photo" }, thumb(item.picture, { eager }));
  const brand = item.brand && !name.startsWith(item.brand) ? el("p", { class: "brand-name" }, item.brand) : null;
  const alike = el("a", { class: "alike", href: link("search", { item: item.item_id }), "aria-label": `More like ${name}`, title: "More like this" }, icon("alike"));
  const title = el(`h${level}`, { class: "card-name" }, el("a", { href: productLink(item.item_id), dataset: { key: `item-${item.item_id}` } }, name));
  const facts = el("div", { class: "facts" }, priceOf(item), score === null || score === undefined ? null : scoreOf(score));
  return el("article", { class: "card" }, photo, brand, title, facts, note, alike);
}

/** Cards side by side, as a list. */
export const wall = (cards, props = {}) => el("ul", { class: "wall", ...props }, cards.map((card) => el("li", {}, card)));
