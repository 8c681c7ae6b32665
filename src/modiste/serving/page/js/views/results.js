// Results: what was found, what it may be narrowed by, and what was looked for.

import { getJson, itemPath, search } from "../api.js";
import { el, painted, swap, swapKeepingFocus } from "../dom.js";
import { icon } from "../icons.js";
import { nameItem, productCard, wall } from "../parts/card.js";
import { emptyBox, problemBox, say, toastProblem, waitingCards } from "../parts/notices.js";
import { findPicture } from "../parts/pictures.js";
import { searchForm } from "../parts/search_form.js";
import { changeFacet, changeQuery, countActive, PAGE, readQuery, toRequest, writeQuery } from "../query.js";
import { go, link, note, setTitle } from "../router.js";
import { findTree, readBundle, readShop } from "../shop.js";
import { count, money, plural } from "../words.js";
import { countOthers, drawFacets, planFacets } from "./facets.js";
import { subject } from "./subject.js";

export const title = "Results";

const SORTS = [["score", "Best first"], ["price", "Price, low first"], ["-price", "Price, high first"], ["title", "Name"]];

/** Show results. */
export function create(place, signal) {
  const parts = {
    form: el("div", { class: "form-place" }), subject: el("div", { class: "subject-place" }), panel: el("div", { class: "facets" }),
    heading: el("h1", { tabindex: -1 }, "Results"), told: el("p", { class: "found" }), chips: el("div", { class: "chips" }), notes: el("div", { class: "notes" }),
    hits: el("div", { class: "hits" }), sort: el("span", {}), more: el("div", { class: "more" }), filter: el("span", {}),
  };
  const state = { opened: new Set(), parts, signal, asked: new AbortController(), facets: el("aside", { class: "side", "aria-label": "Narrow the results" }, parts.panel) };
  state.dialog = facetDialog(state);
  state.subject = subject(parts.subject, { changed, signal });
  const bar = el("div", { class: "toolbar" }, parts.told, parts.filter, parts.sort);
  const found = el("section", { class: "found-place", "aria-label": "Results" }, parts.heading, bar, parts.chips, parts.notes, parts.hits, parts.more);
  const left = el("div", { class: "left" }, parts.subject, state.facets);
  const node = el("div", { class: "results" }, parts.form, left, found, state.dialog);
  signal.addEventListener("abort", () => state.asked.abort());
  return { node, ready: run(state, readQuery(place.params)), update: (next) => (void run(state, readQuery(next.params)), true) };
}

const changed = (query) => go(link("search", writeQuery(query)));

/** Whoever looks for something else begins at the top; whoever narrows stays where they are. */
function beginAtTop(state, query) {
  const subject = [query.text, query.item, query.picture].join();
  if (state.about !== undefined && state.about !== subject) scrollTo(0, 0);
  state.about = subject;
}

/** Search, and draw everything anew that the query changes. */
async function run(state, query) {
  beginAtTop(state, query);
  state.asked.abort();
  state.asked = new AbortController();
  const { signal } = state.asked;
  const { parts } = state;
  swapKeepingFocus(parts.form, searchForm(query));
  parts.hits.setAttribute("aria-busy", "true");
  if (!parts.hits.firstChild) swap(parts.hits, waitingCards(12));
  await painted();
  if (signal.aborted) return;
  try {
    const picture = query.picture ? await findPicture(query.picture) : null;
    if (query.picture && !picture) return tellLost(state, query);
    const [shop, bundle] = await Promise.all([readShop(), readBundle()]);
    if (signal.aborted) return;
    state.subject.show(query, picture);
    await ask(state, { query, picture, shop, tree: findTree(bundle.fields), signal });
  } catch (problem) {
    if (problem.name !== "AbortError") fail(state, query, problem);
  }
}

async function ask(state, { query, picture, shop, tree, signal }) {
  const plan = planFacets(query, shop.facets, tree);
  const request = toRequest(query, picture, { k: query.shown, facets: plan.base });
  const [answer, others] = await Promise.all([search(request, picture?.blob, { signal }), countOthers(plan, signal)]);
  if (signal.aborted) return;
  const found = { query, picture, shop, signal, hits: answer.hits, answer };
  drawHead(state, found);
  drawHits(state, found);
  drawFacets(state.parts.panel, { query, counts: { ...answer.facets, ...others }, shop, tree, changed, opened: state.opened });
}

function fail(state, query, problem) {
  const { parts } = state;
  drawChips(parts.chips, query, null);
  for (const part of [parts.told, parts.notes, parts.more]) swap(part);
  parts.hits.removeAttribute("aria-busy");
  swap(parts.heading, "No answer");
  swap(parts.hits, problemBox(problem, () => run(state, query)));
}

/** An address with a photograph that this browser does not have. */
function tellLost(state, query) {
  const without = link("search", writeQuery(changeQuery(query, { picture: null, box: null })));
  const { parts } = state;
  swap(parts.heading, "The photograph is gone");
  parts.hits.removeAttribute("aria-busy");
  swap(parts.hits, emptyBox("This browser does not have the photograph", "Photographs never leave your browser's own memory but for the search itself, so another browser can't follow this link. Drop the photograph again.",
    el("a", { class: "button", href: without }, "Search without it")));
}

async function nameSubject(query) {
  if (query.item) {
    const item = await getJson(itemPath(query.item)).catch(() => null);
    return `More like ${item ? nameItem(item) : query.item}`;
  }
  return query.picture ? "Like your photograph" : "All products";
}

function drawHead(state, { query, shop, answer, hits }) {
  const { parts } = state;
  const number = answer.total ?? null;
  const name = query.text && !query.item && !query.picture ? Promise.resolve(`“${query.text}”`) : nameSubject(query);
  void name.then((text) => (swap(parts.heading, query.text && (query.item || query.picture) ? `${text}, “${query.text}”` : text), setTitle(text)));
  const told = number === null ? `The best ${count(hits.length)} of ${plural(shop.items, "product")}` : plural(number, "product");
  swap(parts.told, told, el("span", { class: "quick" }, ` in ${Math.max(1, Math.round(answer.seconds * 1000))} ms`));
  say(told);
  drawSort(parts.sort, query);
  drawFilterButton(state, query);
  drawChips(parts.chips, query, shop);
  drawNotes(parts.notes, answer);
}

function drawSort(place, query) {
  const browse = !query.text && !query.item && !query.picture;
  const options = SORTS.map(([value, text]) => el("option", { value, selected: value === query.sort }, browse && value === "score" ? "As added" : text));
  const select = el("select", { dataset: { key: "sort" }, onchange: () => changed(changeQuery(query, { sort: select.value })) }, options);
  swapKeepingFocus(place, el("label", { class: "sort" }, el("span", {}, "Sort"), select));
}

function drawFilterButton(state, query) {
  const active = countActive(query);
  const open = () => {
    state.dialog.querySelector(".sheet").append(state.facets);
    state.dialog.showModal();
  };
  swapKeepingFocus(state.parts.filter, el("button", { type: "button", class: "button filter-button", dataset: { key: "filter" }, onclick: open }, icon("filter"), active ? `Filters (${active})` : "Filters"));
}

/** On a phone the facets come in from the side; elsewhere they stand beside the results. */
function facetDialog(state) {
  const close = el("button", { type: "button", class: "button primary", onclick: () => dialog.close() }, "Show the results");
  const dialog = el("dialog", { class: "drawer", "aria-label": "Narrow the results" }, el("div", { class: "sheet" }), el("div", { class: "drawer-foot" }, close));
  dialog.addEventListener("close", () => dialog.parentElement.querySelector(".left").append(state.facets));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return dialog;
}

function drawChips(place, query, shop) {
  const chip = (text, next, key) => el("button", { type: "button", class: "chip", "aria-label": `Remove ${text}`, dataset: { key: `chip-${key}` }, onclick: () => changed(next) }, el("span", {}, text), icon("close"));
  const chips = Object.entries(query.facets).flatMap(([name, values]) =>
    values.map((value) => chip(name === "size" ? `size ${value}` : value, changeFacet(query, name, values.filter((other) => other !== value)), `${name}-${value}`)));
  if (query.low !== null || query.high !== null) {
    const [low, high] = [query.low, query.high].map((price) => (price === null ? null : money(price, shop?.currency)));
    chips.push(chip(low && high ? `${low} to ${high}` : low ? `from ${low}` : `up to ${high}`, changeQuery(query, { low: null, high: null }), "price"));
  }
  if (chips.length > 1) chips.push(el("button", { type: "button", class: "link", onclick: () => changed(changeQuery(query, { facets: {}, low: null, high: null })) }, "Clear all"));
  swapKeepingFocus(place, chips);
}

function drawNotes(place, answer) {
  const notes = [...(answer.notes ?? [])];
  if (answer.corrected) notes.unshift(`Read as “${answer.corrected}”.`);
  if (answer.added?.length) notes.push(`Also looked for ${answer.added.map((word) => `“${word}”`).join(", ")}.`);
  if (answer.unknown?.length) notes.push(`No product has ${answer.unknown.map((word) => `“${word}”`).join(", ")}.`);
  swap(place, notes.map((text) => el("p", { class: "note" }, text)));
}

function drawHits(state, found) {
  const { parts } = state;
  const { query, hits, answer } = found;
  parts.hits.removeAttribute("aria-busy");
  if (!hits.length) {
    const clear = countActive(query) ? el("button", { type: "button", class: "button", onclick: () => changed(changeQuery(query, { facets: {}, low: null, high: null })) }, "Clear the filters") : el("a", { class: "button", href: link("search") }, "Show all products");
    swap(parts.hits, emptyBox("Nothing fits", answer.reason || "No product is like that.", clear));
    return swap(parts.more);
  }
  swapKeepingFocus(parts.hits, wall(hits.map((hit, place) => hitCard(hit, place < 6))));
  drawMore(state, found);
}

function hitCard(hit, eager) {
  const folded = hit.folded?.length ? el("p", { class: "hint" }, `and ${plural(hit.folded.length, "like picture")}`) : null;
  return productCard(hit.item, { score: hit.score, eager, note: folded, level: 2 });
}

function drawMore(state, found) {
  const { query, hits, answer } = found;
  const over = answer.total !== null && answer.total !== undefined ? hits.length >= answer.total : hits.length < query.shown;
  if (over) return swap(state.parts.more);
  const button = el("button", { type: "button", class: "button", onclick: () => showMore(state, found, button) }, "Show more");
  swap(state.parts.more, button);
}

async function showMore(state, found, button) {
  const { query, picture, hits, signal } = found;
  button.disabled = true;
  await painted();
  try {
    const answer = await search(toRequest(query, picture, { k: PAGE, offset: hits.length }), picture?.blob, { signal });
    const list = state.parts.hits.querySelector(".wall");
    const cards = answer.hits.map((hit) => el("li", {}, hitCard(hit, false)));
    list.append(...cards);
    cards[0]?.querySelector(".card-name a").focus();
    say(`${plural(cards.length, "more product")}`);
    const next = { ...query, shown: query.shown + PAGE };
    note(link("search", writeQuery(next)));
    const short = answer.hits.length < PAGE;
    drawMore(state, { ...found, query: next, hits: [...hits, ...answer.hits], answer: { ...answer, total: short ? hits.length + answer.hits.length : answer.total } });
  } catch (problem) {
    button.disabled = false;
    toastProblem(problem);
  }
}
