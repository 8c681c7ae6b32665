// The table of a batch: a picture a row, a field a column; arrows walk, Enter corrects, d jumps to the next doubtful tag.

import { getJson, sendJson } from "../api.js";
import { el, fill, swap } from "../dom.js";
import { icon } from "../icons.js";
import { chooser } from "../parts/chooser.js";
import { emptyBox, problemBox, toast, toastProblem } from "../parts/notices.js";
import { thumb } from "../parts/thumb.js";
import { readBundle } from "../shop.js";
import { count, nameField, percent, plural, upper } from "../words.js";

const PAGE = 50;

/** Make the table in its place; `refresh(job)` fills it while the job goes on. */
export function batchTable(place, job) {
  const state = { path: job.path, signal: job.signal, rows: [], total: 0, doubtful: false, fields: [], at: [0, 0], known: null, busy: false };
  const parts = { bar: el("div", { class: "toolbar" }), body: el("tbody", {}), head: el("thead", {}), more: el("div", { class: "more" }), place };
  parts.scroll = el("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": "Tags of the pictures" }, el("table", { class: "grid batch-grid" }, el("caption", { class: "unseen" }, "Pictures and their tags"), parts.head, parts.body));
  parts.body.addEventListener("keydown", (event) => onKey(event, state, parts));
  const refresh = (now) => fillUp(state, parts, now);
  return { refresh };
}

async function fillUp(state, parts, job) {
  if (state.busy || (job && !job.done)) return;
  state.busy = true;
  try {
    state.fields = (await readBundle()).fields;
    if (state.rows.length < PAGE || !job) await load(state, parts, job ? 0 : state.rows.length);
    if (job) drawBar(state, parts, job);
  } finally {
    state.busy = false;
  }
}

/** Rows that are there stay: whoever stands in the table is not thrown out of it. */
async function load(state, parts, offset) {
  const asked = { offset: offset || state.rows.length, limit: PAGE, doubtful: state.doubtful ? "true" : null };
  const { rows, total } = await getJson(`${state.path}/rows`, asked, { signal: state.signal });
  const first = !state.rows.length;
  state.rows.push(...rows);
  state.total = total;
  if (first) drawFrame(state, parts);
  fill(parts.body, rows.map((row, place) => tableRow(state, parts, row, state.rows.length - rows.length + place)));
  if (first && rows.length) cellAt(parts, 0, 0)?.setAttribute("tabindex", "0");
  drawMore(state, parts);
}

function drawFrame(state, parts) {
  swap(parts.head, el("tr", {}, el("th", { scope: "col" }, "Picture"), state.fields.map((field) => el("th", { scope: "col" }, upper(nameField(field.name))))));
  const keys = el("p", { class: "hint keys" }, el("kbd", {}, "arrows"), " walk, ", el("kbd", {}, "Enter"), " corrects, ", el("kbd", {}, "d"), " next doubtful, ", el("kbd", {}, "u"), " undoes");
  swap(parts.place, parts.bar, keys, parts.scroll, parts.more);
}

function drawBar(state, parts, job) {
  const choose = (doubtful) => void filter(state, parts, doubtful, job);
  const button = (text, number, doubtful) => el("button", { type: "button", class: "button small", "aria-pressed": String(state.doubtful === doubtful), onclick: () => choose(doubtful) }, `${text} (${count(number)})`);
  const focused = parts.bar.contains(document.activeElement);
  swap(parts.bar, el("div", { class: "row", role: "group", "aria-label": "Which pictures" }, button("All", job.done, false), button("Doubtful", job.doubtful, true)));
  if (focused) parts.bar.querySelector('[aria-pressed="true"]').focus();
}

async function filter(state, parts, doubtful, job) {
  Object.assign(state, { doubtful, rows: [], at: [0, 0] });
  swap(parts.body);
  try {
    await load(state, parts, 0);
    drawBar(state, parts, job);
    if (!state.rows.length) swap(parts.more, emptyBox("Nothing is doubtful", "The tagger is sure of every picture."));
  } catch (problem) {
    if (problem.name !== "AbortError") swap(parts.more, problemBox(problem, () => filter(state, parts, doubtful, job)));
  }
}

function drawMore(state, parts) {
  const left = state.total - state.rows.length;
  const more = async () => {
    const start = state.rows.length;
    await fillUp(state, parts, null).catch(toastProblem);
    cellAt(parts, start, 0)?.focus();
  };
  swap(parts.more, left > 0 ? el("button", { type: "button", class: "button", onclick: more }, `Show more (${plural(left, "picture")} left)`) : null);
}

function tableRow(state, parts, row, place) {
  const picture = el("span", { class: "photo" }, thumb(`${state.path}/rows/${row.row}/picture`, { width: 120, alt: "" }));
  const head = el("th", { scope: "row" }, picture, el("span", { class: "file" }, row.name), row.stranger && el("span", { class: "flag" }, "no fashion product?"));
  return el("tr", {}, head, state.fields.map((field, column) => tagCell(state, parts, { row, field, place, column })));
}

function tagCell(state, parts, where) {
  const cell = el("td", { tabindex: -1, dataset: { cell: `${where.place}-${where.column}` } });
  drawCell(cell, where);
  cell.addEventListener("focus", () => moveTo(state, parts, where.place, where.column, false));
  cell.addEventListener("dblclick", () => edit(state, parts, where));
  cell.addEventListener("click", (event) => event.target.closest(".edit") && edit(state, parts, where));
  return cell;
}

const valuesOf = ({ row, field }) => row.corrected?.[field.name] ?? row.tags[field.name]?.values ?? [];

function drawCell(cell, where) {
  const { row, field } = where;
  const tag = row.tags[field.name];
  const fixed = row.corrected?.[field.name];
  const doubt = tag?.doubtful && !fixed;
  const silent = tag?.kind === "single" && tag.value === null; // the tagger says nothing of it
  cell.className = fixed ? "fixed" : doubt ? "doubtful" : "";
  const note = fixed ? el("span", { class: "mark-right" }, "corrected") : tag && !silent ? el("span", { class: "share" }, percent(tag.confidence)) : null;
  const pen = el("button", { type: "button", class: "edit", tabindex: -1, "aria-label": `Correct ${nameField(field.name)} of ${row.name}` }, icon("pen"));
  swap(cell, el("span", { class: "cell-value" }, valuesOf(where).join(", ") || (silent ? "" : "none")), el("span", { class: "cell-note" }, note, doubt ? el("span", { class: "flag" }, "doubtful") : null), pen);
}

const cellAt = (parts, row, column) => parts.body.rows[row]?.cells[column + 1];

function moveTo(state, parts, row, column, focus = true) {
  const next = cellAt(parts, row, column);
  if (!next) return;
  cellAt(parts, ...state.at)?.setAttribute("tabindex", "-1");
  state.at = [row, column];
  next.setAttribute("tabindex", "0");
  if (focus) next.focus();
}

function onKey(event, state, parts) {
  if (event.target.closest(".chooser") || event.ctrlKey || event.metaKey || event.altKey) return;
  const [row, column] = state.at;
  const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (move) moveTo(state, parts, row + move[0], column + move[1]);
  else if (event.key === "Enter") edit(state, parts, { row: state.rows[row], field: state.fields[column], place: row, column });
  else if (event.key === "d") nextDoubtful(state, parts);
  else if (event.key === "u") void state.undo?.();
  else return;
  event.preventDefault();
}

function nextDoubtful(state, parts) {
  const wide = state.fields.length;
  const start = state.at[0] * wide + state.at[1];
  for (let step = 1; step <= state.rows.length * wide; step++) {
    const at = (start + step) % (state.rows.length * wide);
    const [row, column] = [Math.floor(at / wide), at % wide];
    if (cellAt(parts, row, column)?.classList.contains("doubtful")) return moveTo(state, parts, row, column);
  }
  toast("No doubtful tag is left among the rows that are shown.");
}

function edit(state, parts, where) {
  const cell = cellAt(parts, where.place, where.column);
  if (cell.querySelector(".chooser")) return;
  const tag = where.row.tags[where.field.name];
  const first = tag ? [...(tag.value === null ? [] : [{ value: tag.value, confidence: tag.confidence }]), ...tag.alternatives] : [];
  const close = () => (box.remove(), cell.focus());
  const box = chooser({ label: `The right ${nameField(where.field.name)}`, values: where.field.values, first, current: valuesOf(where)[0], leave: close, choose: (value) => (close(), void correct(state, parts, where, [value])) });
  cell.append(box);
  box.begin();
}

async function correct(state, parts, where, values) {
  const before = where.row.corrected?.[where.field.name] ?? [];
  const cell = cellAt(parts, where.place, where.column);
  try {
    const told = await sendJson("POST", `${state.path}/rows/${where.row.row}`, { field: where.field.name, values });
    Object.assign(where.row, { tags: told.tags, corrected: told.corrected });
    drawCell(cell, where);
    state.undo = () => ((state.undo = null), correct(state, parts, where, before).then(() => moveTo(state, parts, where.place, where.column)));
    if (values.length) toast(`${upper(nameField(where.field.name))} is now ${values.join(", ")}.`, { label: "Undo", run: () => void state.undo?.() });
  } catch (problem) {
    toastProblem(problem);
  }
}
