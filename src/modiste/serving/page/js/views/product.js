// One product: its picture, its tags and why, what is like it, and its other colours.

import { getJson, itemPath } from "../api.js";
import { el, swap, swapKeepingFocus } from "../dom.js";
import { icon } from "../icons.js";
import { keepAuthor, readAuthor } from "../opinions.js";
import { nameItem, priceOf, productCard, wall } from "../parts/card.js";
import { problemBox, waitingCards } from "../parts/notices.js";
import { swatch } from "../parts/swatches.js";
import { thumb } from "../parts/thumb.js";
import { link, productLink, setTitle } from "../router.js";
import { isColour, readBundle, readShop } from "../shop.js";
import { nameField, upper } from "../words.js";
import { drawTags } from "./tag_list.js";
import { showWhy } from "./why.js";

export const title = "Product";

/** Show a product. */
export function create(place, signal) {
  const node = el("div", { class: "product-page" }, el("h1", { class: "unseen", tabindex: -1, "data-key": "title" }, "Product"), waitingCards(2));
  return { node, ready: load(node, place.rest, signal) };
}

async function load(node, id, signal) {
  try {
    const [item, shop, bundle] = await Promise.all([getJson(itemPath(id), {}, { signal }), readShop(), readBundle()]);
    draw(node, { item, shop, bundle, signal });
  } catch (problem) {
    if (problem.name === "AbortError") return;
    swapKeepingFocus(node, el("h1", { class: "unseen", tabindex: -1, "data-key": "title" }, "Product"), problemBox(problem, () => load(node, id, signal)), el("p", {}, el("a", { href: link("search") }, "All products")));
  }
}

function draw(node, { item, shop, bundle, signal }) {
  const name = nameItem(item);
  setTitle(name);
  const photo = largePhoto(item, name);
  const why = el("section", { class: "why", "aria-label": "Why" });
  const tags = el("div", {});
  drawTags(tags, { item, fields: bundle.fields, canWrite: shop.can_write, why: item.picture ? (field) => showWhy({ item, field, photo, place: why, signal }) : null });
  const alike = el("a", { class: "button primary", href: link("search", { item: item.item_id }) }, icon("alike"), "More like this");
  const facts = el("div", { class: "product-facts" },
    item.brand && !name.startsWith(item.brand) && el("p", { class: "brand-name" }, item.brand), el("h1", { tabindex: -1, "data-key": "title" }, name), priceOf(item), sizes(item), variantsPlace(item, signal), el("div", { class: "row" }, alike),
    el("section", { "aria-label": "Tags" }, el("div", { class: "tags-head" }, el("h2", {}, "Tags"), shop.can_write && authorField()), tags), details(item));
  // The heading has the focus since the product was opened, and keeps it.
  swapKeepingFocus(node, el("div", { class: "product" }, el("div", { class: "product-left" }, photo, why), facts), similar(item, signal));
}

/** The picture, in a frame of its own shape: a map that is laid over it fits. */
function largePhoto(item, name) {
  const image = thumb(item.picture, { width: 600, alt: name, eager: true });
  const photo = el("div", { class: "photo large" }, image);
  image.addEventListener("load", () => photo.style.setProperty("--ratio", image.naturalWidth / image.naturalHeight));
  return photo;
}

/** Who corrects, in a word, and where to say it. */
export function authorField() {
  const input = el("input", { type: "text", value: readAuthor(), maxlength: 80, autocomplete: "nickname", onchange: () => keepAuthor(input.value) });
  return el("label", { class: "author" }, icon("person"), el("span", {}, "Correcting as"), input);
}

function sizes(item) {
  if (!item.variants.length) return null;
  const size = ({ size: text, stock }) => el("li", { class: stock === 0 ? "gone" : "" }, text, el("span", { class: "unseen" }, stock === 0 ? " sold out" : stock === null ? "" : ` ${stock} left`), stock > 0 && el("span", { class: "count", "aria-hidden": "true" }, stock));
  return el("ul", { class: "size-list", "aria-label": "Sizes in stock" }, item.variants.map(size));
}

/** The same thing in other colours; nothing where there is none. */
function variantsPlace(item, signal) {
  const place = el("div", { class: "variants-place" });
  getJson(itemPath(item.item_id, "/variants"), {}, { signal }).then(({ items }) => {
    if (!items.length) return;
    const one = (other) => {
      const field = Object.keys(other.labels).find(isColour);
      const colour = other.labels[field]?.[0] ?? "";
      return el("li", {}, el("a", { href: productLink(other.item_id), title: nameItem(other), "aria-label": `${nameItem(other)}${colour ? `, ${colour}` : ""}` }, el("span", { class: "photo" }, thumb(other.picture, { width: 120 })), colour && el("span", { class: "colour" }, swatch(colour), colour)));
    };
    swap(place, el("h2", { class: "small-head" }, "In other colours"), el("ul", { class: "variants" }, items.map(one)));
  }, () => {});
  return place;
}

function details(item) {
  const rows = Object.entries(item.details).filter(([, value]) => value !== null && value !== "");
  const list = [["product", item.product_id], ["item", item.item_id], ...rows].map(([key, value]) => el("div", {}, el("dt", {}, upper(nameField(key))), el("dd", {}, Array.isArray(value) ? value.join(", ") : String(value))));
  return el("details", { class: "details" }, el("summary", {}, "Details"), el("dl", {}, list));
}

function similar(item, signal) {
  const place = el("div", {}, waitingCards(6));
  const load = () => getJson(itemPath(item.item_id, "/similar"), { k: 12 }, { signal }).then(
    ({ hits }) => swap(place, hits.length ? wall(hits.map((hit) => productCard(hit.item, { score: hit.score }))) : el("p", { class: "hint" }, "Nothing else is in the shop.")),
    (problem) => problem.name !== "AbortError" && swap(place, problemBox(problem, load)),
  );
  void load();
  return el("section", { class: "similar", "aria-label": "Similar products" }, el("div", { class: "section-head" }, el("h2", {}, "Looks like it")), place);
}
