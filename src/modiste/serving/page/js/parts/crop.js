// The part of a picture that is looked at: a rectangle for mouse, finger and keys.

import { el, newId } from "../dom.js";

const LEAST = 0.06; // of a side; less shows nothing
const STEP = 0.02;
const WHOLE = { left: 0, top: 0, width: 1, height: 1 };
const limit = (value, low, high) => Math.min(Math.max(value, low), high);

/** Put a cropping rectangle over an image. box: shares of the picture or null; changed(box or null) when it settles. */
export function cropper(image, { box = null, changed }) {
  const help = newId("crop");
  const handles = ["nw", "ne", "sw", "se"].map((corner) => el("span", { class: `corner ${corner}`, dataset: { corner } }));
  const frame = el("div", { class: "crop-frame", tabindex: 0, role: "group", "aria-label": "Part of the picture that is searched", "aria-describedby": help }, handles);
  const hint = el("p", { class: "hint", id: help }, "Drag over the picture, or move the frame with the arrow keys and resize it with Shift; Escape takes the whole picture.");
  const stage = el("div", { class: "crop" }, image, frame);
  const state = { box: box ?? WHOLE, timer: 0 };
  const draw = () => {
    for (const [name, value] of Object.entries(state.box)) frame.style.setProperty(`--${name}`, `${value * 100}%`);
    frame.classList.toggle("whole", isWhole(state.box));
  };
  const settle = () => changed(isWhole(state.box) ? null : state.box);
  const set = (next) => ((state.box = next), draw());
  listenPointer(stage, state, set, settle);
  frame.addEventListener("keydown", (event) => onKey(event, state, set, settle));
  draw();
  return { node: el("div", { class: "cropper" }, stage, hint), set: (next) => set(next ?? WHOLE) };
}

const isWhole = (box) => box.width > 0.985 && box.height > 0.985;

function onKey(event, state, set, settle) {
  const move = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
  if (event.key === "Escape" && !isWhole(state.box)) set(WHOLE);
  else if (move) set(event.shiftKey ? resizeBy(state.box, ...move) : moveBy(state.box, ...move));
  else return;
  event.preventDefault();
  clearTimeout(state.timer);
  state.timer = setTimeout(settle, 350); // one search for many strokes
}

const resizeBy = (box, x, y) => ({ ...box, width: limit(box.width + x, LEAST, 1 - box.left), height: limit(box.height + y, LEAST, 1 - box.top) });
const moveBy = (box, x, y) => ({ ...box, left: limit(box.left + x, 0, 1 - box.width), top: limit(box.top + y, 0, 1 - box.height) });

function between(one, other) {
  const [left, top] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
  return { left, top, width: Math.max(LEAST, Math.abs(one.x - other.x)), height: Math.max(LEAST, Math.abs(one.y - other.y)) };
}

const inside = (box) => ({ ...box, left: limit(box.left, 0, 1 - box.width), top: limit(box.top, 0, 1 - box.height) });

/** The corner that stays where it is while the named one is dragged. */
const opposite = (box, corner) => ({ x: corner.includes("w") ? box.left + box.width : box.left, y: corner.includes("n") ? box.top + box.height : box.top });

function listenPointer(stage, state, set, settle) {
  let drag = null;
  const place = (event) => {
    const around = stage.getBoundingClientRect();
    return { x: limit((event.clientX - around.left) / around.width, 0, 1), y: limit((event.clientY - around.top) / around.height, 0, 1) };
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const start = place(event);
    const corner = event.target.dataset?.corner;
    const moves = !corner && !isWhole(state.box) && event.target.classList.contains("crop-frame");
    drag = { start, box: state.box, anchor: corner ? opposite(state.box, corner) : start, moves, far: false };
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const now = place(event);
    drag.far ||= Math.hypot(now.x - drag.start.x, now.y - drag.start.y) > 0.02;
    if (!drag.far) return;
    set(drag.moves ? moveBy(drag.box, now.x - drag.start.x, now.y - drag.start.y) : inside(between(drag.anchor, now)));
  });
  const end = () => {
    if (drag?.far) settle();
    drag = null;
  };
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
}
