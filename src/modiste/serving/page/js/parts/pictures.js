// Photographs that people search by. They are kept in this browser under their hash, so that the back button finds them.

import { Problem } from "../api.js";

const LONGEST = 1024; // pixels; more changes no answer and only takes longer to send
const LARGEST = 60e6; // bytes of a file
const KEPT = 40;
const memory = new Map();

/** Make a photograph ready to be sent: turned as shown, at most 1,024 pixels, JPEG. Returns its hash. */
export async function keepPicture(file) {
  if (file.size > LARGEST) throw new Problem({ title: "That file is too large", detail: `${file.name || "It"} has more than 60 MB.`, next: "Choose a smaller photograph." });
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!bitmap) throw new Problem({ title: "That is no picture this browser can read", detail: file.name || "", next: "Choose a JPEG, PNG or WebP photograph." });
  const shrink = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * shrink));
  const height = Math.max(1, Math.round(bitmap.height * shrink));
  const blob = await redraw(bitmap, width, height);
  const hash = digest(new Uint8Array(await blob.arrayBuffer()));
  const kept = { hash, blob, width, height, time: Date.now() };
  memory.set(hash, kept);
  void store(kept);
  return hash;
}

function redraw(bitmap, width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // what is transparent stands on white, as in a shop
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

/** 106 bits of two cyrb53 hashes; the browser's own SHA is missing where a page comes over plain HTTP. */
function digest(bytes) {
  return [1, 2].map((seed) => cyrb53(bytes, seed).toString(36)).join("");
}

function cyrb53(bytes, seed) {
  let [high, low] = [0xdeadbeef ^ seed, 0x41c6ce57 ^ seed];
  for (const byte of bytes) {
    high = Math.imul(high ^ byte, 2654435761);
    low = Math.imul(low ^ byte, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** A photograph by its hash: {blob, width, height}; null where this browser has forgotten it. */
export async function findPicture(hash) {
  if (memory.has(hash)) return memory.get(hash);
  const kept = await withStore("readonly", (shelf) => shelf.get(hash)).catch(() => null);
  if (kept) memory.set(hash, kept);
  return kept ?? null;
}

async function store(kept) {
  try {
    await withStore("readwrite", (shelf) => shelf.put(kept));
    const all = await withStore("readonly", (shelf) => shelf.getAll());
    const old = all.sort((one, other) => other.time - one.time).slice(KEPT);
    for (const { hash } of old) await withStore("readwrite", (shelf) => shelf.delete(hash));
  } catch {
    // A private window may forbid storage; the photograph then lasts as long as the page.
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("modiste", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("pictures", { keyPath: "hash" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function withStore(mode, use) {
  const base = await open();
  try {
    return await new Promise((resolve, reject) => {
      const asked = use(base.transaction("pictures", mode).objectStore("pictures"));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  } finally {
    base.close();
  }
}
