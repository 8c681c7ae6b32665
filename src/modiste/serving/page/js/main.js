// Starts the page: the colours, the address, and the view that it names.

import { el, swap } from "./dom.js";
import { icon } from "./icons.js";
import { listenForDrops, takeDrops } from "./parts/dropping.js";
import { emptyBox, problemBox } from "./parts/notices.js";
import { searchPicture } from "./parts/search_form.js";
import { arrive, setTitle, start } from "./router.js";
import { readShop } from "./shop.js";
import { plural } from "./words.js";

const VIEWS = {
  home: () => import("./views/home.js"),
  search: () => import("./views/results.js"),
  product: () => import("./views/product.js"),
  batch: () => import("./views/batch.js"),
  review: () => import("./views/review.js"),
  models: () => import("./views/models.js"),
};

const main = document.getElementById("main");
let view = null;
let visits = 0;

/** What takes drops where a view has no wish of its own. */
const SEARCHING = { files: ([file]) => searchPicture(file), folders: false, label: "Drop the photograph to search by it" };

async function show(place, { scroll, moved }) {
  if (view?.name === place.name && view.update?.(place)) return settle();
  main.setAttribute("aria-busy", "true");
  const visit = ++visits;
  const load = VIEWS[place.name];
  markCurrent(place.name);
  if (!load) return replace({ name: place.name, node: emptyBox("There is no such page", "The address may be mistyped.", el("a", { class: "button", href: "#/" }, "To the search")) });
  const module = await load().catch(() => null);
  if (visit !== visits) return;
  if (!module) return replace({ name: place.name, node: problemBox({ title: "The page can't be loaded", next: "See that the server runs, then load the page anew." }, () => location.reload()) });
  const stop = new AbortController();
  replace({ name: place.name, stop, ...module.create(place, stop.signal) });
  setTitle(module.title);
  if (moved) main.querySelector("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
  await view.ready?.catch?.(() => {});
  if (scroll && visit === visits) scrollTo(0, scroll);
}

function settle() {
  arrive();
  main.removeAttribute("aria-busy");
}

function replace(next) {
  view?.stop?.abort();
  view?.leave?.();
  view = next;
  takeDrops(next.drops ?? SEARCHING);
  swap(main, next.node);
  settle();
}

function markCurrent(name) {
  const shown = { search: "home", product: "home" }[name] ?? name;
  for (const anchor of document.querySelectorAll("nav [data-view]")) {
    if (anchor.dataset.view === shown) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
}

function startTheme() {
  const button = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const draw = () => {
    swap(button, icon(isDark() ? "sun" : "moon"));
    button.setAttribute("aria-label", isDark() ? "Light colours" : "Dark colours");
    button.title = button.getAttribute("aria-label");
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("modiste.theme", document.documentElement.dataset.theme);
    } catch {
      // The choice then lasts as long as the page.
    }
    draw();
  });
  dark.addEventListener("change", draw);
  draw();
}

async function nameShop() {
  const facts = await readShop().catch(() => null);
  if (!facts) return;
  const bundle = String(facts.bundle ?? "").slice(0, 12);
  document.getElementById("shop").textContent = `${plural(facts.items, "product")}, read by the bundle ${bundle}. Everything stays on this server.`;
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
startTheme();
takeDrops(SEARCHING);
listenForDrops();
start(show);
void nameShop();
