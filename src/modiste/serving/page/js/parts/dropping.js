// Photographs that are dropped or pasted anywhere on the page.

import { el } from "../dom.js";
import { icon } from "../icons.js";

let taker = null;

/** Say who takes what is dropped now: {files(files), folders: whether folders are read, label}. */
export function takeDrops(next) {
  taker = next;
}

const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

/** Listen on the whole page. */
export function listenForDrops() {
  const label = el("span", {});
  const veil = el("div", { class: "veil", "aria-hidden": "true", hidden: true }, el("div", { class: "stitched" }, icon("picture"), label));
  document.body.append(veil);
  let depth = 0;
  const over = (change) => {
    depth = Math.max(0, depth + change);
    label.textContent = taker?.label ?? "";
    veil.hidden = !depth || !taker;
  };
  addEventListener("dragenter", (event) => hasFiles(event) && over(1));
  addEventListener("dragleave", (event) => hasFiles(event) && over(-1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    over(0);
    void readDrop(event.dataTransfer);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (files.length && taker) taker.files(files);
  });
}

async function readDrop(transfer) {
  if (!taker) return;
  const { files: take, folders } = taker;
  const entries = folders ? [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean) : [];
  const files = entries.length ? (await Promise.all(entries.map((entry) => walk(entry, "")))).flat() : [...transfer.files];
  if (files.length) take(files);
}

/** All files below an entry; each remembers its path, since a File of a dropped folder does not. */
async function walk(entry, above) {
  const path = above + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [Object.defineProperty(file, "pathInside", { value: path })];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const inner of some) found.push(...(await walk(inner, `${path}/`)));
  }
}
