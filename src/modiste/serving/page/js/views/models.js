// The bundle in use: what it is, how good it is, what it confuses, and its card.

import { getJson } from "../api.js";
import { el, swap } from "../dom.js";
import { renderMarkdown } from "../markdown.js";
import { emptyBox, problemBox } from "../parts/notices.js";
import { link, note } from "../router.js";
import { readBundle } from "../shop.js";
import { count, nameField, percent, plural, upper } from "../words.js";
import { drawConfusion } from "./confusion.js";

export const title = "Model";

/** Show the model. */
export function create(place, signal) {
  const node = el("div", { class: "models" }, el("h1", { tabindex: -1 }, "Model"));
  return { node, ready: load(node, place.params.get("field"), signal) };
}

async function load(node, field, signal) {
  try {
    const bundle = await readBundle();
    swap(node, head(bundle), accuracy(bundle), confusion(bundle, field, signal), card(bundle));
  } catch (problem) {
    if (problem.name !== "AbortError") swap(node, el("h1", { tabindex: -1 }, "Model"), problemBox(problem, () => load(node, field, signal)));
  }
}

function head(bundle) {
  const rows = bundle.fields.map((field) => el("tr", {}, el("th", { scope: "row" }, upper(nameField(field.name))), el("td", {}, field.kind === "multi" ? "any number of values" : "one value"), el("td", { class: "number" }, count(field.values.length)), el("td", {}, field.parent ? nameField(field.parent) : "")));
  const columns = ["Field", "Says", "Values", "Refines"].map((text) => el("th", { scope: "col", class: text === "Values" ? "number" : null }, text));
  const table = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Fields" }, el("table", { class: "grid" }, el("thead", {}, el("tr", {}, columns)), el("tbody", {}, rows)));
  return [el("h1", { tabindex: -1 }, bundle.name), el("p", { class: "hint print" }, "Fingerprint ", el("code", {}, bundle.fingerprint)), el("section", { "aria-label": "What it says" }, el("h2", {}, "What it says"), table)];
}

/** Every group of measurements, wherever it stands in the metrics, that gives fields an accuracy: name -> {field: {...}}. */
function findMeasured(metrics, path = []) {
  if (!metrics || typeof metrics !== "object" || Array.isArray(metrics)) return [];
  const inner = Object.entries(metrics);
  const fields = inner.filter(([, value]) => value && typeof value === "object" && "accuracy" in value);
  if (fields.length) return [{ name: path.filter((part) => !/^(by )?fields?$/.test(part)).join(" · "), fields: Object.fromEntries(fields) }];
  return inner.flatMap(([name, value]) => findMeasured(value, [...path, name]));
}

/** "0.8928 [0.8851, 0.9000]" -> {value, low, high}. */
function readFigure(text) {
  const [value, low, high] = (String(text).match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
  return { value, low, high };
}

function accuracy(bundle) {
  const groups = findMeasured(bundle.metrics);
  const first = groups.toSorted((one, other) => rate(other) - rate(one))[0];
  const section = el("section", { "aria-label": "How good it is" }, el("h2", {}, "How good it is"));
  if (!first) return fillNone(section, "The bundle keeps no measurements. Its maker can add them with modiste evaluate.");
  const place = el("div", {});
  const draw = (group) => swap(place, el("ul", { class: "accuracies" }, Object.entries(group.fields).map(figure)));
  const select = el("select", { onchange: () => draw(groups[select.value]) }, groups.map((group, at) => el("option", { value: at, selected: group === first }, group.name)));
  section.append(groups.length > 1 ? el("label", { class: "sort" }, el("span", {}, "Measured"), select) : el("p", { class: "hint" }, first.name), place);
  draw(first);
  return section;
}

/** Shown first: what was measured with intervals, on the most fields. */
const rate = ({ fields }) => Object.values(fields).reduce((sum, { accuracy: said }) => sum + (typeof said === "string" ? 1.5 : 1), 0);

const fillNone = (section, text) => (section.append(el("p", { class: "hint" }, text)), section);

function figure([name, measured]) {
  const { value, low, high } = readFigure(measured.accuracy);
  const interval = low !== undefined && high !== undefined ? ` (${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)})` : "";
  const majority = typeof measured.majority === "number" ? el("span", { class: "majority", style: { "inset-inline-start": `${measured.majority * 100}%` } }) : null;
  const facts = [plural(measured.rows ?? 0, "picture"), typeof measured.majority === "number" ? `always the most frequent value: ${percent(measured.majority)}` : "", measured["calibration error"] === undefined ? "" : `calibration error ${measured["calibration error"]}`];
  return el("li", {}, el("p", {}, el("strong", {}, upper(nameField(name))), el("span", {}, `${(value * 100).toFixed(1)} %`, el("span", { class: "hint" }, interval))),
    el("span", { class: "bar-of tall", "aria-hidden": "true" }, el("span", { style: { "inline-size": `${value * 100}%` } }), majority), el("p", { class: "hint" }, facts.filter(Boolean).join(" · ")));
}

function confusion(bundle, asked, signal) {
  const fields = bundle.fields.filter((field) => field.kind === "single" && (bundle.confusion ?? [field.name]).includes(field.name));
  if (!fields.length) return fillNone(el("section", { "aria-label": "What it confuses" }, el("h2", {}, "What it confuses")), "The bundle keeps no confusion matrix.");
  const place = el("div", { class: "confusion" });
  const start = fields.find((field) => field.name === asked) ?? fields.find((field) => field.values.length < 12) ?? fields[0];
  const select = el("select", { onchange: () => (note(link("models", { field: select.value })), loadConfusion(place, select.value, signal)) }, fields.map((field) => el("option", { value: field.name, selected: field === start }, upper(nameField(field.name)))));
  void loadConfusion(place, start.name, signal);
  return el("section", { "aria-label": "What it confuses" }, el("h2", {}, "What it confuses"), el("label", { class: "sort" }, el("span", {}, "Field"), select), place);
}

async function loadConfusion(place, field, signal) {
  place.setAttribute("aria-busy", "true");
  try {
    drawConfusion(place, await getJson("/v1/bundle/confusion", { field }, { signal }));
  } catch (problem) {
    if (problem.status === 404) swap(place, emptyBox("No confusion matrix", problem.detail || "The bundle keeps none for this field.", problem.next && el("p", {}, problem.next)));
    else if (problem.name !== "AbortError") swap(place, problemBox(problem, () => loadConfusion(place, field, signal)));
  }
  place.removeAttribute("aria-busy");
}

function card(bundle) {
  if (!bundle.card) return null;
  // The card's own first heading is the bundle's name, which stands above already.
  return el("section", { class: "markdown", "aria-label": "Card" }, el("h2", {}, "Card"), renderMarkdown(bundle.card.replace(/^# .*\n/, ""), 2));
}
