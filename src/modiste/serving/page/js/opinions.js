// Corrections: what people say of a product's labels. Several people's opinions are kept, and each can be taken back.

import { itemPath, sendJson } from "./api.js";

const NAME = "modiste.author";

/** Who corrects: the name that this browser keeps. */
export function readAuthor() {
  try {
    return localStorage.getItem(NAME) || "someone";
  } catch {
    return "someone";
  }
}

/** Keep the name of who corrects. */
export function keepAuthor(name) {
  try {
    localStorage.setItem(NAME, name.trim().slice(0, 80));
  } catch {
    // The name then lasts as long as the field on the page.
  }
}

/** Say that a field of an item has these values: {opinion, item}. */
export const giveOpinion = (id, field, values, author = readAuthor()) => sendJson("POST", itemPath(id, "/opinions"), { field, values, author });

/** Take an opinion back: {item}. */
export const takeBack = (opinion) => sendJson("DELETE", `/v1/opinions/${encodeURIComponent(opinion.id)}`);
