// What the page says by itself: to screen readers, in passing messages, and about problems.

import { keepKey, forget, readKey } from "../api.js";
import { el, fill, newId } from "../dom.js";
import { icon } from "../icons.js";

const SHOWN = 8000;

/** Have a screen reader say something. */
export function say(text) {
  const told = document.getElementById("told");
  told.textContent = "";
  requestAnimationFrame(() => (told.textContent = text));
}

/** Show a message that goes by itself, with at most one thing to do: {label, run}. */
export function toast(text, action = null) {
  const close = () => node.remove();
  const act = action && el("button", { type: "button", class: "link", onclick: () => (close(), action.run()) }, action.label);
  const node = el("div", { class: "toast" }, el("span", {}, text), act, closeButton(close));
  const place = document.getElementById("toasts");
  while (place.children.length > 2) place.firstChild.remove();
  place.append(node);
  say(action ? `${text} ${action.label} is offered.` : text);
  setTimeout(() => node.contains(document.activeElement) || close(), SHOWN);
}

const closeButton = (close) => el("button", { type: "button", class: "round small", "aria-label": "Close the message", onclick: close }, icon("close"));

/** A box that says what went wrong and what to do next; retry, where given, does it again. */
export function problemBox(problem, retry = null) {
  const detail = problem.detail && problem.detail !== problem.title ? el("p", {}, problem.detail) : null;
  const next = problem.next ? el("p", { class: "next" }, icon("arrow"), el("span", {}, problem.next)) : null;
  const keyless = problem.status === 401 || problem.status === 403;
  const again = retry && el("button", { type: "button", class: "button", onclick: retry }, "Try again");
  const title = problem.title || "Something went wrong in the page";
  return el("div", { class: "problem", role: "alert" }, el("h2", {}, title), detail, next, keyless ? keyForm(retry) : again);
}

/** A form for the key; afterwards everything is asked again. */
function keyForm(after = null) {
  const id = newId("key");
  const input = el("input", { id, type: "password", autocomplete: "off", value: readKey(), required: true });
  const keep = (event) => {
    event.preventDefault();
    keepKey(input.value.trim());
    forget();
    (after ?? (() => location.reload()))();
  };
  const label = el("label", { for: id }, "Key");
  return el("form", { class: "key row", onsubmit: keep }, label, input, el("button", { class: "button" }, icon("key"), "Use this key"));
}

/** Say in passing what went wrong; stopped requests say nothing. */
export function toastProblem(problem) {
  if (problem.name === "AbortError") return;
  toast([problem.title ?? "Something went wrong", problem.detail, problem.next].filter(Boolean).join(". ").replace(/\.\./g, "."));
}

/** A place where nothing is, and what to do about it. */
export const emptyBox = (title, text, ...more) => el("div", { class: "empty" }, el("span", { class: "stitches" }, icon("hanger")), el("h2", {}, title), el("p", {}, text), ...more);

/** Grey shapes where something is about to be. */
export function waitingCards(number) {
  const card = () => el("div", { class: "card waiting" }, el("div", { class: "photo" }), el("div", { class: "line" }), el("div", { class: "line short" }));
  return fill(el("div", { class: "wall", "aria-hidden": "true" }), Array.from({ length: number }, card));
}
