// Addresses of the page are hashes, such as #/search?text=blue: any server serves them, and none reads them.

let show = () => {};
let current = "";
const heights = new Map();

/** Where the page is: {name, rest, params}. */
export function readPlace(hash = location.hash) {
  const [path, asked = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [name, ...rest] = path.split("/").map(decode);
  return { name: name || "home", rest: rest.join("/"), params: new URLSearchParams(asked) };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a place. */
export function link(path, params) {
  const text = params ? new URLSearchParams(params).toString() : "";
  return `#/${path}${text ? `?${text}` : ""}`;
}

/** Address of a product. */
export const productLink = (id) => link(`product/${encodeURIComponent(id)}`);

/** Go to an address. */
export function go(hash) {
  heights.set(current, scrollY);
  history.pushState(null, "", hash);
  current = location.hash;
  show(readPlace(), { scroll: 0, moved: true });
}

/** Note another address for what is already shown. */
export function note(hash) {
  history.replaceState(null, "", hash);
  current = location.hash;
  arrive();
}

/** Mark that what the address names is shown, though its data may be on their way. */
export function arrive() {
  document.getElementById("main").dataset.place = location.hash;
}

/** Listen to links and to the back button; `shown(place, {scroll, moved})` shows a place. */
export function start(shown) {
  show = shown;
  history.scrollRestoration = "manual";
  addEventListener("popstate", () => {
    heights.set(current, scrollY);
    current = location.hash;
    show(readPlace(), { scroll: heights.get(current) ?? 0, moved: true });
  });
  document.addEventListener("click", followLink);
  current = location.hash;
  show(readPlace(), { scroll: 0, moved: false });
}

function followLink(event) {
  const anchor = event.target.closest?.('a[href^="#/"]');
  if (!anchor || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(anchor.getAttribute("href"));
}

/** Name the window after what it shows. */
export function setTitle(text) {
  document.title = text ? `${text} · modiste` : "modiste";
}
