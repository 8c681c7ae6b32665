// Pictures from the server. With a key they are fetched, since an <img> can't send one.

import { keyHeaders, readKey } from "../api.js";
import { el } from "../dom.js";
import { icon } from "../icons.js";

/** Only addresses of this server; what else an item may say of its picture is not followed. */
const isOwn = (path) => typeof path === "string" && /^\/v1\/[^\\]*$/.test(path);

const waiting = new IntersectionObserver(
  (entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      waiting.unobserve(entry.target);
      void load(entry.target);
    }
  },
  { rootMargin: "300px" },
);

async function load(image) {
  const answer = await fetch(image.dataset.path, { headers: keyHeaders() }).catch(() => null);
  if (answer?.ok) image.src = URL.createObjectURL(await answer.blob());
  else lose(image);
}

function lose(image) {
  image.replaceWith(absent());
}

const absent = () => el("span", { class: "absent" }, icon("picture"), "no picture");

/** A picture of the server, at a width in pixels; `eager` for what is seen first. */
export function thumb(path, { width = 240, alt = "", eager = false } = {}) {
  if (!isOwn(path)) return absent();
  const full = `${path}${path.includes("?") ? "&" : "?"}width=${width}`;
  const image = el("img", { alt, decoding: "async", loading: eager ? "eager" : "lazy", draggable: "false" });
  if (eager) image.fetchPriority = "high";
  image.addEventListener("error", () => lose(image), { once: true });
  image.addEventListener("load", () => image.src.startsWith("blob:") && URL.revokeObjectURL(image.src));
  if (!readKey()) {
    // Two sizes, so that a dense screen is sharp and a plain one is quick.
    image.srcset = `${full} 1x, ${path}${path.includes("?") ? "&" : "?"}width=${width * 2} 2x`;
    image.src = full;
    return image;
  }
  image.dataset.path = full;
  waiting.observe(image);
  return image;
}
