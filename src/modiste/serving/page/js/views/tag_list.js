// A product's tags: how sure each is, who says it, why, and what is right instead.

import { el, swap } from "../dom.js";
import { icon } from "../icons.js";
import { giveOpinion, takeBack } from "../opinions.js";
import { chooser } from "../parts/chooser.js";
import { say, toast, toastProblem } from "../parts/notices.js";
import { nameField, percent, upper } from "../words.js";

const ORIGINS = { corrected: "corrected by people", source: "by the shop", predicted: "by the tagger" }; // the one that counts first
const rank = (tag) => Object.keys(ORIGINS).indexOf(tag.origin);

/** What is said of each field, and what of it counts: what people corrected before the shop's before the tagger's. */
function groupTags(item, fields) {
  const names = [...new Set([...fields.map((field) => field.name), ...item.tags.map((tag) => tag.field)])];
  return names.flatMap((name) => {
    const said = item.tags.filter((tag) => tag.field === name);
    const best = Math.min(...said.map(rank));
    return said.length ? [{ name, said, counts: said.filter((tag) => rank(tag) === best) }] : [];
  });
}

/** Who says so, and whether the tagger agrees where somebody else has the word. */
function tellOrigin(said, counts) {
  const own = ORIGINS[counts[0].origin] ?? counts[0].origin;
  const guesses = counts[0].origin === "predicted" ? [] : said.filter((tag) => tag.origin === "predicted");
  if (!guesses.length) return own;
  const values = counts.map((tag) => tag.value);
  const agrees = guesses.every((tag) => values.includes(tag.value));
  const guess = guesses.map((tag) => `${tag.value}, ${percent(tag.confidence)}`).join("; ");
  return agrees ? `${own}; the tagger agrees (${percent(guesses[0].confidence)})` : `${own}; the tagger says ${guess}`;
}

/** Draw the list. `state` holds {item, fields, canWrite, why(field), changed(item)}; whoever corrected keeps the focus. */
export function drawTags(place, state) {
  const rows = groupTags(state.item, state.fields).map((group) => tagRow(place, state, group));
  swap(place, rows.length ? el("ul", { class: "tags" }, rows) : el("p", { class: "hint" }, "Nothing is known of this product."));
}

function tagRow(place, state, { name, said, counts }) {
  const [first] = counts;
  const row = el("li", { class: "tag", dataset: { field: name } });
  const value = el("p", { class: "tag-value" }, counts.map((tag) => tag.value).join(", "), el("span", { class: "share" }, first.origin === "predicted" ? percent(first.confidence) : ""));
  const bar = el("span", { class: `bar-of ${first.origin}`, "aria-hidden": "true" }, el("span", { style: { "inline-size": `${first.confidence * 100}%` } }));
  const origin = el("p", { class: "origin" }, tellOrigin(said, counts));
  const why = state.why && el("button", { type: "button", class: "button small", "aria-label": `Why ${nameField(name)}: ${first.value}?`, dataset: { why: name }, onclick: () => state.why(name) }, icon("eye"), "Why?");
  const field = state.fields.find((one) => one.name === name);
  const correct = state.canWrite && field && el("button", { type: "button", class: "button small", "aria-label": `Correct ${nameField(name)}`, "aria-expanded": "false", onclick: () => open(place, state, { row, field, said, current: first.value }) }, icon("pen"), "Correct");
  return swap(row, el("p", { class: "tag-name" }, upper(nameField(name))), value, bar, origin, el("div", { class: "tag-tools" }, why, correct));
}

function open(place, state, { row, field, said, current }) {
  const before = row.querySelector(".chooser");
  place.querySelectorAll(".chooser").forEach((other) => other.remove());
  place.querySelectorAll('[aria-expanded="true"]').forEach((other) => other.setAttribute("aria-expanded", "false"));
  if (before) return;
  const opener = row.querySelector("[aria-expanded]");
  const close = () => {
    box.remove();
    opener.setAttribute("aria-expanded", "false");
    opener.focus();
  };
  const first = said.filter((tag) => tag.origin === "predicted" && tag.value !== current).map(({ value, confidence }) => ({ value, confidence }));
  const box = chooser({ label: `The right ${nameField(field.name)}`, values: field.values, first, current, leave: close, choose: (value) => (close(), void correct(place, state, field.name, value)) });
  opener.setAttribute("aria-expanded", "true");
  row.append(box);
  box.begin();
}

async function correct(place, state, field, value) {
  try {
    const { opinion, item } = await giveOpinion(state.item.item_id, field, [value]);
    redraw(place, state, item, field);
    toast(`${upper(nameField(field))} is now ${value}.`, { label: "Undo", run: () => undo(place, state, opinion) });
  } catch (problem) {
    toastProblem(problem);
  }
}

async function undo(place, state, opinion) {
  try {
    const { item } = await takeBack(opinion);
    redraw(place, state, item, opinion.field);
    say(`${upper(nameField(opinion.field))} is ${(item.labels[opinion.field] ?? []).join(", ")} again.`);
  } catch (problem) {
    toastProblem(problem);
  }
}

function redraw(place, state, item, field) {
  state.item = item;
  drawTags(place, state);
  place.querySelector(`[data-field="${CSS.escape(field)}"] [aria-expanded]`)?.focus();
  state.changed?.(item);
}
