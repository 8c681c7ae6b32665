// A list of values to choose one from: type to narrow it, arrows to walk, Enter to choose, Escape to leave.

import { el, newId, swap } from "../dom.js";
import { percent } from "../words.js";

const MOST = 60;

/**
 * Make a chooser.
 *
 * values: all there are. first: those shown on top, [{value, confidence}]. current: what stands there now.
 * choose(value) and leave() are called at most once.
 */
export function chooser({ label, values, first = [], current = null, choose, leave }) {
  const id = newId("list");
  const list = el("ul", { id, role: "listbox", "aria-label": label });
  const input = el("input", {
    type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: "Type to find a value", "aria-label": label,
    "aria-expanded": "true", "aria-controls": id, "aria-autocomplete": "list",
  });
  const state = { shown: [], at: 0 };
  const draw = () => drawOptions(state, { list, input, first, values, current, choose });
  input.addEventListener("input", () => ((state.at = 0), draw()));
  input.addEventListener("keydown", (event) => onKey(event, state, { draw, choose, leave }));
  draw();
  const node = el("div", { class: "chooser" }, input, list);
  return Object.assign(node, { begin: () => input.focus() });
}

function pick(first, values, text) {
  const words = text.trim().toLowerCase();
  const known = new Map(first.map(({ value, confidence }) => [value, confidence]));
  const order = [...known.keys(), ...values.filter((value) => !known.has(value))];
  const fits = order.filter((value) => value.toLowerCase().includes(words));
  const rank = (value) => (value.toLowerCase().startsWith(words) ? 0 : 1);
  const sorted = words ? fits.sort((one, other) => rank(one) - rank(other)) : fits;
  return sorted.slice(0, MOST).map((value) => ({ value, confidence: known.get(value) }));
}

function drawOptions(state, { list, input, first, values, current, choose }) {
  state.shown = pick(first, values, input.value);
  state.at = Math.max(0, Math.min(state.at, state.shown.length - 1));
  const options = state.shown.map(({ value, confidence }, place) => {
    const share = confidence === undefined ? null : el("span", { class: "share" }, percent(confidence));
    const props = { id: `${list.id}-${place}`, role: "option", "aria-selected": String(place === state.at), class: value === current ? "current" : "" };
    return el("li", { ...props, onpointerdown: (event) => event.preventDefault(), onclick: () => choose(value) }, el("span", {}, value), share);
  });
  swap(list, options.length ? options : el("li", { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, "No such value"));
  input.setAttribute("aria-activedescendant", options.length ? `${list.id}-${state.at}` : "");
  options[state.at]?.scrollIntoView?.({ block: "nearest" });
}

function onKey(event, state, { draw, choose, leave }) {
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
  if (step) state.at += step;
  else if (event.key === "Enter" && state.shown[state.at]) choose(state.shown[state.at].value);
  else if (event.key === "Escape" || event.key === "Tab") leave();
  else return;
  if (event.key !== "Tab") event.preventDefault();
  event.stopPropagation();
  if (step) draw();
}
