// The place to say what is looked for: words, a photograph from the disk, or one from the camera.

import { el, newId } from "../dom.js";
import { icon } from "../icons.js";
import { go, link, readPlace } from "../router.js";
import { changeQuery, readQuery, writeQuery } from "../query.js";
import { openCamera } from "./camera.js";
import { toastProblem } from "./notices.js";
import { keepPicture } from "./pictures.js";

/** Search by a photograph, beside the words that stand in the address. */
export async function searchPicture(file) {
  try {
    const picture = await keepPicture(file);
    const { name, params } = readPlace();
    const query = name === "search" ? readQuery(params) : readQuery(new URLSearchParams());
    go(link("search", writeQuery(changeQuery(query, { picture, item: null, box: null }))));
  } catch (problem) {
    toastProblem(problem);
  }
}

/** A button that opens the choice of a file. */
export function fileButton(label, { chosen, name = "picture", accept = "image/*", folder = false, multiple = false, look = "button" }) {
  const input = el("input", { type: "file", class: "unseen", accept: folder ? null : accept, multiple: multiple || folder, tabindex: -1, "aria-hidden": "true" });
  if (folder) input.webkitdirectory = true;
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    if (files.length) chosen(files);
  });
  return [el("button", { type: "button", class: look, onclick: () => input.click() }, icon(name), el("span", {}, label)), input];
}

/** The form; `query` is what stands in it now, `large` on the first page. */
export function searchForm(query, { large = false } = {}) {
  const id = newId("words");
  const input = el("input", { id, type: "search", name: "text", value: query.text, maxlength: 2000, autocomplete: "off", enterkeyhint: "search",
    placeholder: query.picture || query.item ? "Add words, such as “in navy”" : "Blue checked shirt", dataset: { key: "words" } });
  const submit = (event) => {
    event.preventDefault();
    go(link("search", writeQuery(changeQuery(query, { text: input.value.trim() }))));
  };
  const field = el("div", { class: "words" }, icon("search"), el("label", { for: id, class: "unseen" }, "Search by words"), input, el("button", { class: "button primary" }, "Search"));
  const ways = el("div", { class: "ways" }, fileButton("Photograph", { chosen: ([file]) => searchPicture(file) }),
    el("button", { type: "button", class: "button", onclick: () => openCamera(searchPicture) }, icon("camera"), el("span", {}, "Camera")));
  return el("form", { class: large ? "search large" : "search", role: "search", onsubmit: submit }, field, ways);
}
