// The review: what is worth a person's second, one question at a time. 1 to 9 choose, s skips, u takes back, o looks for another value.

import { getJson } from "../api.js";
import { el, swap } from "../dom.js";
import { icon } from "../icons.js";
import { giveOpinion, readAuthor, takeBack } from "../opinions.js";
import { nameItem } from "../parts/card.js";
import { chooser } from "../parts/chooser.js";
import { emptyBox, problemBox, say, toastProblem } from "../parts/notices.js";
import { saveButton } from "../parts/saving.js";
import { thumb } from "../parts/thumb.js";
import { go, link, productLink } from "../router.js";
import { readBundle, readShop } from "../shop.js";
import { count, nameField, percent, plural, upper, when } from "../words.js";
import { authorField } from "./product.js";

export const title = "Review";

const PAGE = 30;
const FORMATS = [["csv", "CSV"], ["jsonl", "JSON lines"], ["parquet", "Parquet"]];

/** Show the review. */
export function create(place, signal) {
  const parts = { head: el("div", { class: "review-head" }), card: el("div", {}), told: el("p", { class: "hint" }) };
  const state = { field: place.params.get("field") ?? "", queue: [], left: 0, offset: 0, done: [], skipped: new Set(), signal, parts, busy: false };
  const keys = (event) => onKey(event, state);
  addEventListener("keydown", keys);
  const files = el("section", { class: "export", "aria-label": "Export" }, el("h2", {}, "Take the corrections with you"),
    el("p", { class: "hint" }, "A table of everything that people corrected, for the next training or for modiste adapt."), el("div", { class: "row" }, FORMATS.map(([format, text]) => saveButton(text, `/v1/corrections?format=${format}`, `corrections.${format}`))));
  const node = el("div", { class: "review" }, el("h1", { tabindex: -1 }, "Review"), parts.head, parts.told, parts.card, files);
  return { node, ready: begin(state), leave: () => removeEventListener("keydown", keys) };
}

async function begin(state) {
  try {
    const [shop, bundle] = await Promise.all([readShop(), readBundle()]);
    Object.assign(state, { shop, fields: bundle.fields });
    drawHead(state);
    await load(state);
    draw(state);
  } catch (problem) {
    if (problem.name !== "AbortError") swap(state.parts.card, problemBox(problem, () => begin(state)));
  }
}

function drawHead(state) {
  const option = (value, text) => el("option", { value, selected: value === state.field }, text);
  const select = el("select", { onchange: () => go(link("review", select.value ? { field: select.value } : {})) }, option("", "Every field"), state.fields.map((field) => option(field.name, upper(nameField(field.name)))));
  swap(state.parts.head, el("label", { class: "sort" }, el("span", {}, "Ask about"), select), authorField());
}

async function load(state) {
  const asked = { field: state.field, limit: PAGE, offset: state.offset, author: readAuthor() };
  const { items, left } = await getJson("/v1/review", asked, { signal: state.signal });
  const seen = new Set([...state.done.map(({ entry }) => keyOf(entry)), ...state.skipped]);
  state.queue = items.filter((entry) => !seen.has(keyOf(entry)));
  state.left = left;
  // A page of which everything was skipped is left behind.
  if (!state.queue.length && items.length === PAGE) return (state.offset += PAGE), load(state);
}

const keyOf = (entry) => `${entry.field} ${entry.item.item_id}`;

function draw(state) {
  const { parts } = state;
  const [entry] = state.queue;
  const undo = state.done.length ? el("button", { type: "button", class: "button small", onclick: () => undoLast(state) }, icon("undo"), "Undo ", el("kbd", {}, "u")) : null;
  swap(parts.told, `${plural(state.left, "question")} left`, state.done.length ? `, ${count(state.done.length)} answered now` : "");
  if (!entry) return swap(parts.card, emptyBox("Nothing is left to ask", "The tagger is sure of the rest, or people have said what it is."), undo && el("div", { class: "row centre" }, undo));
  swap(parts.card, question(state, entry, undo));
  preload(state.queue[1]);
}

function question(state, entry, undo) {
  const { item, field } = entry;
  const options = listOptions(entry);
  const ask = el("h2", { tabindex: -1 }, `Which ${nameField(field)} is it?`);
  const list = el("ol", { class: "answers" }, options.map((option, place) => el("li", {}, answer(state, entry, option, place))));
  const skip = el("button", { type: "button", class: "button small", onclick: () => skipOne(state) }, "Skip ", el("kbd", {}, "s"));
  const other = el("button", { type: "button", class: "button small other", "aria-expanded": "false", onclick: () => openOther(state, entry) }, "Another value ", el("kbd", {}, "o"));
  const why = entry.why ? el("p", { class: "hint" }, upper(entry.why)) : null;
  const photo = el("a", { class: "photo", href: productLink(item.item_id) }, thumb(item.picture, { width: 480, alt: nameItem(item), eager: true }));
  const right = el("div", { class: "ask" }, ask, why, state.shop.can_write ? list : el("p", { class: "note" }, "This catalogue can't be written to, so nothing can be corrected here."), el("div", { class: "row" }, other, skip, undo), opinions(entry));
  return el("article", { class: "question", "aria-label": nameItem(item) }, el("div", {}, photo, el("p", { class: "hint" }, nameItem(item))), right);
}

/** What is offered: what stands there, then what else it may be; at most nine, since there are nine keys. */
function listOptions(entry) {
  const known = [{ value: entry.value, confidence: entry.confidence }, ...entry.alternatives];
  const said = entry.opinions.flatMap((opinion) => opinion.values).map((value) => ({ value }));
  const seen = new Set();
  return [...known, ...said].filter(({ value }) => value && !seen.has(value) && seen.add(value)).slice(0, 9);
}

function answer(state, entry, option, place) {
  const voters = entry.opinions.filter((opinion) => opinion.values.includes(option.value)).map((opinion) => opinion.author);
  const share = option.confidence === undefined ? null : el("span", { class: "share" }, percent(option.confidence));
  const bar = el("span", { class: "bar-of", "aria-hidden": "true" }, el("span", { style: { "inline-size": `${(option.confidence ?? 0) * 100}%` } }));
  const text = el("span", { class: "answer-text" }, el("span", { class: "answer-value" }, option.value), share, bar, voters.length ? el("span", { class: "hint" }, `said ${voters.join(", ")}`) : null);
  return el("button", { type: "button", class: "answer", onclick: () => choose(state, entry, option.value) }, el("kbd", {}, place + 1), text);
}

/** What people said, side by side. */
function opinions(entry) {
  if (!entry.opinions.length) return null;
  const one = (opinion) => el("li", {}, el("span", { class: "person" }, icon("person"), opinion.author), el("strong", {}, opinion.values.join(", ")), el("span", { class: "hint" }, when(opinion.time)));
  const differ = new Set(entry.opinions.map((opinion) => opinion.values.join())).size > 1;
  return el("section", { class: "opinions", "aria-label": "Opinions" }, el("h3", {}, differ ? "People disagree" : "What people said"), el("ul", {}, entry.opinions.map(one)));
}

function openOther(state, entry) {
  const opener = state.parts.card.querySelector(".other");
  if (state.parts.card.querySelector(".chooser")) return;
  const field = state.fields.find((one) => one.name === entry.field);
  const close = () => (box.remove(), opener.setAttribute("aria-expanded", "false"), opener.focus());
  const box = chooser({ label: `The right ${nameField(entry.field)}`, values: field?.values ?? [], first: entry.alternatives, current: entry.value, leave: close, choose: (value) => (close(), void choose(state, entry, value)) });
  opener.setAttribute("aria-expanded", "true");
  opener.parentElement.after(box);
  box.begin();
}

async function choose(state, entry, value) {
  if (state.busy || !state.shop.can_write) return;
  state.busy = true;
  try {
    const { opinion } = await giveOpinion(entry.item.item_id, entry.field, [value]);
    state.done.push({ entry, opinion });
    state.left = Math.max(0, state.left - 1);
    await next(state, `${value}.`);
  } catch (problem) {
    toastProblem(problem);
  }
  state.busy = false;
}

async function skipOne(state) {
  if (state.busy || !state.queue.length) return;
  state.skipped.add(keyOf(state.queue[0]));
  await next(state, "Skipped.").catch(toastProblem);
}

async function next(state, said) {
  state.queue.shift();
  if (!state.queue.length) await load(state);
  draw(state);
  const [entry] = state.queue;
  say(entry ? `${said} Next: ${nameItem(entry.item)}, ${nameField(entry.field)}.` : `${said} Nothing is left to ask.`);
  state.parts.card.querySelector("h2")?.focus();
}

async function undoLast(state) {
  const last = state.done.at(-1);
  if (!last || state.busy) return;
  state.busy = true;
  try {
    await takeBack(last.opinion);
    state.done.pop();
    state.left += 1;
    state.queue.unshift(last.entry);
    draw(state);
    say(`Taken back: ${nameItem(last.entry.item)}, ${nameField(last.entry.field)}.`);
    state.parts.card.querySelector("h2")?.focus();
  } catch (problem) {
    toastProblem(problem);
  }
  state.busy = false;
}

function onKey(event, state) {
  if (event.target.closest("input, select, textarea, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  const [entry] = state.queue;
  const options = entry ? listOptions(entry) : [];
  if (/^[1-9]$/.test(event.key) && options[event.key - 1]) void choose(state, entry, options[event.key - 1].value);
  else if (event.key === "s") void skipOne(state);
  else if (event.key === "u") void undoLast(state);
  else if (event.key === "o" && entry) openOther(state, entry);
  else return;
  event.preventDefault();
}

/** The next picture is fetched while this one is looked at. */
function preload(entry) {
  if (entry) thumb(entry.item.picture, { width: 480, eager: true });
}
