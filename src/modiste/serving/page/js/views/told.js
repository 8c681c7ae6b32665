// What the tagger says of a photograph that was dropped, beside what looks like it.

import { request } from "../api.js";
import { el, swap } from "../dom.js";
import { nameField, percent } from "../words.js";

/** A list that fills itself with the photograph's tags. */
export function tagsStrip(blob, box, size, signal) {
  const list = el("dl", { class: "told", "aria-busy": "true" });
  readTags(blob, box, size, signal).then(
    (told) => drawTags(list, told.tags ?? {}, told.stranger),
    () => list.remove(), // the search beside it says what is wrong
  );
  return list;
}

async function readTags(blob, box, size, signal) {
  const body = new FormData();
  body.append("pictures", blob, "picture.jpg");
  const pixels = box && [box.left * size.width, box.top * size.height, box.width * size.width, box.height * size.height];
  body.append("boxes", pixels ? pixels.map((number) => Math.max(0, Math.floor(number))).join(",") : "");
  const answer = await request("/v1/tag", { method: "POST", body, signal });
  return (await answer.json()).pictures[0];
}

function drawTags(list, tags, stranger) {
  list.removeAttribute("aria-busy");
  // What the product has not, or what can't be made out, takes no line.
  const said = Object.entries(tags).filter(([, tag]) => tag.value !== null || tag.kind === "multi");
  const doubt = stranger && el("div", { class: "doubtful" }, el("dt", {}, "Picture"), el("dd", {}, el("span", { class: "flag" }, "no fashion product?")));
  swap(list, doubt, said.map(([field, tag]) => {
    const value = tag.values.join(", ") || "none";
    return el("div", { class: tag.doubtful ? "doubtful" : "" }, el("dt", {}, nameField(field)), el("dd", {}, value, " ", el("span", { class: "share" }, percent(tag.confidence)), tag.doubtful && el("span", { class: "flag" }, "doubtful")));
  }));
}
