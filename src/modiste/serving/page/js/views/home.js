// The first page: what do you look for? And a wall of products for who only looks around.

import { getJson } from "../api.js";
import { el, swap } from "../dom.js";
import { icon } from "../icons.js";
import { productCard, wall } from "../parts/card.js";
import { emptyBox, problemBox, say, waitingCards } from "../parts/notices.js";
import { searchForm } from "../parts/search_form.js";
import { readQuery } from "../query.js";
import { link, note } from "../router.js";

const SHOWN = 24;

export const title = "Search";

/** Show the first page. */
export function create(place, signal) {
  const shop = el("div", { class: "wall-place" }, waitingCards(12));
  const state = { seed: Number(place.params.get("seed")) || Math.floor(Math.random() * 1e6) };
  const draw = () => drawWall(shop, state, signal);
  const shuffle = () => {
    state.seed = Math.floor(Math.random() * 1e6);
    note(link("", { seed: state.seed })); // coming back finds the same wall
    void draw();
  };
  const button = el("button", { type: "button", class: "button", onclick: shuffle }, icon("shuffle"), "Shuffle");
  const hero = el("section", { class: "hero" },
    el("h1", { tabindex: -1 }, "Show it, or say it."),
    el("p", { class: "lead" }, "Drop, paste or take a photograph, and see what it shows and what the shop has that looks like it."),
    searchForm(readQuery(new URLSearchParams()), { large: true }),
    el("p", { class: "hint drop-hint" }, icon("picture"), "A photograph may be dropped or pasted anywhere on this page."));
  const head = el("div", { class: "section-head" }, el("h2", {}, "From the shop"), el("div", { class: "row" }, button, el("a", { class: "button", href: link("search") }, "All products")));
  return { node: el("div", { class: "home" }, hero, el("section", { "aria-label": "Products from the shop" }, head, shop)), ready: draw() };
}

async function drawWall(shop, state, signal) {
  shop.setAttribute("aria-busy", "true");
  try {
    const { items } = await getJson("/v1/items", { sample: SHOWN, seed: state.seed }, { signal });
    const cards = items.map((item, place) => productCard(item, { eager: place < 6 }));
    swap(shop, items.length ? wall(cards) : emptyBox("The shop is empty", "No product is in this catalogue yet. Type: modiste catalogue add SOURCE CATALOGUE"));
    if (items.length) say(`${items.length} products from the shop`);
  } catch (problem) {
    if (problem.name !== "AbortError") swap(shop, problemBox(problem, () => drawWall(shop, state, signal)));
  }
  shop.removeAttribute("aria-busy");
}
