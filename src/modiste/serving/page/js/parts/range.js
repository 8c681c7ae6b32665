// A range of numbers with two thumbs, each a slider of its own, so that keys and screen readers work as they know it.

import { el } from "../dom.js";

/** Round outwards to a step that people would choose. */
function findStep(low, high) {
  const rough = (high - low) / 100;
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  return Math.max(power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10), 0.01);
}

/** Make a range: bounds {min, max}, chosen {low, high}; `write` writes a number; changed(low, high) with null at the ends. */
export function range({ label, bounds, chosen, write, changed }) {
  const step = findStep(bounds.min, bounds.max);
  const min = Math.floor(bounds.min / step) * step;
  const max = Math.ceil(bounds.max / step) * step;
  const thumb = (name, value) => el("input", { type: "range", min, max, step, value, "aria-label": `${name} ${label}`, dataset: { key: `${label}-${name}` } });
  const low = thumb("Lowest", chosen.low ?? min);
  const high = thumb("Highest", chosen.high ?? max);
  const text = el("output", { class: "range-text" });
  const track = el("div", { class: "range" }, el("span", { class: "range-fill" }), low, high);
  const draw = () => {
    const share = (input) => `${((input.value - min) / (max - min || 1)) * 100}%`;
    track.style.setProperty("--low", share(low));
    track.style.setProperty("--high", share(high));
    text.textContent = `${write(Number(low.value))} to ${write(Number(high.value))}`;
    for (const input of [low, high]) input.setAttribute("aria-valuetext", write(Number(input.value)));
  };
  const hold = (moved) => {
    if (Number(low.value) > Number(high.value)) moved.value = moved === low ? high.value : low.value;
    draw();
  };
  const settle = () => changed(Number(low.value) > min ? Number(low.value) : null, Number(high.value) < max ? Number(high.value) : null);
  for (const input of [low, high]) {
    input.addEventListener("input", () => hold(input));
    input.addEventListener("change", settle);
  }
  draw();
  return el("div", { class: "range-box" }, text, track);
}
