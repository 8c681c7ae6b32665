// Files of the server, saved on the reader's disk.

import { request } from "../api.js";
import { el } from "../dom.js";
import { icon } from "../icons.js";
import { say, toastProblem } from "./notices.js";

/** Save a file; it is fetched, since a link could not send the key. */
async function save(path, name) {
  try {
    const answer = await request(path);
    const anchor = el("a", { href: URL.createObjectURL(await answer.blob()), download: name });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
    say(`${name} is saved.`);
  } catch (problem) {
    toastProblem(problem);
  }
}

/** A button that saves a file. */
export const saveButton = (text, path, name) => el("button", { type: "button", class: "button small", onclick: () => save(path, name) }, icon("download"), text);
