// What a search looks like: the photograph with its crop, or a product of the shop, and how much words count beside it.

import { getJson, itemPath, keyHeaders } from "../api.js";
import { el, newId, swap } from "../dom.js";
import { icon } from "../icons.js";
import { nameItem } from "../parts/card.js";
import { cropper } from "../parts/crop.js";
import { toastProblem } from "../parts/notices.js";
import { keepPicture } from "../parts/pictures.js";
import { thumb } from "../parts/thumb.js";
import { changeQuery } from "../query.js";
import { productLink } from "../router.js";
import { tagsStrip } from "./told.js";

/**
 * The subject's place on the page. `show(query, picture)` draws it anew only where the subject itself is another one,
 * so that whoever crops with the keyboard keeps the frame. changed(query) asks for another search.
 */
export function subject(place, { changed, signal }) {
  const state = { key: "", query: null, refresh: null };
  const tools = { state, signal, change: (part) => changed(changeQuery(state.query, part)) };
  const show = (query, picture) => {
    state.query = query;
    const key = [query.picture, query.item, Boolean(query.text)].join();
    if (key === state.key) return state.refresh?.(query);
    state.key = key;
    state.refresh = null;
    const words = query.text && (picture || query.item) ? weightSlider(query, tools) : null;
    if (picture) swap(place, drawPicture(query, picture, tools), words);
    else if (query.item) void drawItem(place, query, tools, words);
    else swap(place);
  };
  return { show };
}

const button = (name, text, run) => el("button", { type: "button", class: "button small", onclick: run }, icon(name), text);
const removal = ({ change }) => button("close", "Remove", () => change({ picture: null, item: null, box: null }));

function drawPicture(query, picture, { state, change, signal }) {
  const image = el("img", { alt: "Your photograph", draggable: "false", width: picture.width, height: picture.height });
  image.src = URL.createObjectURL(picture.blob);
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  const crop = cropper(image, { box: query.box, changed: (box) => change({ box }) });
  const whole = button("crop", "Whole picture", () => change({ box: null }));
  const tags = el("div", {});
  let told;
  state.refresh = ({ box }) => {
    crop.set(box);
    whole.hidden = !box;
    if (told !== JSON.stringify(box)) swap(tags, tagsStrip(picture.blob, box, picture, signal));
    told = JSON.stringify(box);
  };
  state.refresh(query);
  return el("section", { class: "subject", "aria-label": "What is searched for" }, crop.node, el("div", { class: "subject-facts" }, el("div", { class: "row" }, whole, removal({ change })), tags));
}

async function drawItem(place, query, tools, words) {
  try {
    const item = await getJson(itemPath(query.item), {}, { signal: tools.signal });
    if (tools.state.query.item !== query.item) return;
    const photo = el("a", { class: "photo", href: productLink(item.item_id) }, thumb(item.picture, { width: 240, alt: nameItem(item), eager: true }));
    const cut = item.picture && button("crop", "Search a part of it", () => cutItem(item, tools));
    const facts = el("div", { class: "subject-facts" }, el("p", {}, nameItem(item)), el("div", { class: "row" }, cut, removal(tools)));
    swap(place, el("section", { class: "subject item", "aria-label": "What is searched for" }, photo, facts), words);
  } catch (problem) {
    if (problem.name !== "AbortError") swap(place, words);
  }
}

/** Take the product's picture as a photograph, so that it can be cropped. */
async function cutItem(item, { change }) {
  try {
    const answer = await fetch(`${item.picture}?width=1200`, { headers: keyHeaders() });
    const picture = await keepPicture(await answer.blob());
    change({ picture, item: null, box: { left: 0.2, top: 0.2, width: 0.6, height: 0.6 } });
  } catch (problem) {
    toastProblem(problem);
  }
}

function weightSlider(query, { change }) {
  const id = newId("weight");
  const input = el("input", { id, type: "range", min: 0, max: 1, step: 0.05, value: query.weight });
  const shown = el("output", { for: id, class: "hint" });
  const draw = () => {
    shown.textContent = `words ${Math.round(input.value * 100)} %, picture ${Math.round((1 - input.value) * 100)} %`;
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  input.addEventListener("input", draw);
  input.addEventListener("change", () => change({ weight: Number(input.value) }));
  draw();
  const ends = el("div", { class: "ends", "aria-hidden": "true" }, el("span", {}, "the picture"), el("span", {}, "the words"));
  return el("div", { class: "weight" }, el("label", { for: id }, "What counts more"), input, ends, shown);
}
