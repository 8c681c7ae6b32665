// "Similar items" for other people's pages. One tag, where the items should stand:
//
//   <script src="https://HOST/embed.js" data-item="10001" data-key="READ KEY" data-link="https://shop.example/p/{id}" async></script>
//
// More attributes: data-count (6), data-heading ("Similar items"), data-where (a filter), data-locale ("en"). Or, once the script is
// there, <modiste-similar item="10001" key="..."></modiste-similar> anywhere. The host styles it with CSS custom properties on it
// (--modiste-font, -ink, -soft, -tile, -accent, -radius, -gap, -columns) and with ::part(heading, list, card, photo, name, price). A click
// raises "modiste-choose" with {item} first; preventDefault() keeps the browser here. Nothing that the server says is put in as HTML.
(() => {
  "use strict";

  const own = document.currentScript;
  const server = new URL(own?.src ?? document.baseURI).origin;
  const NAME = "modiste-similar";
  const SETTINGS = ["item", "key", "link", "count", "heading", "where", "locale", "server"];

  const STYLE = `
    :host { display: block; font-family: var(--modiste-font, inherit); color: var(--modiste-ink, inherit); }
    :host([hidden]) { display: none; }
    h2 { margin: 0 0 .8em; font: inherit; font-size: 1.2em; font-weight: 600; }
    ul { display: grid; gap: var(--modiste-gap, 1rem); margin: 0; padding: 0; list-style: none;
      grid-template-columns: repeat(var(--modiste-columns, auto-fill), minmax(min(8.5rem, 42%), 1fr)); }
    a { display: block; color: inherit; text-decoration: none; border-radius: var(--modiste-radius, 8px); }
    a:hover .name { text-decoration: underline; text-underline-offset: .2em; }
    a:focus-visible { outline: 2px solid var(--modiste-accent, currentColor); outline-offset: 3px; }
    .photo { display: grid; place-items: center; aspect-ratio: 3 / 4; margin-bottom: .5em; overflow: hidden;
      border-radius: var(--modiste-radius, 8px); background: var(--modiste-tile, #f1efec); }
    img { width: 100%; height: 100%; object-fit: contain; mix-blend-mode: multiply; }
    .name { display: block; line-height: 1.35; }
    .price { display: block; color: var(--modiste-soft, inherit); font-variant-numeric: tabular-nums; }`;

  const make = (name, part, ...children) => {
    const node = document.createElement(name);
    if (part) node.setAttribute("part", (node.className = part));
    node.append(...children);
    return node;
  };

  /** A price as the shop's customers read it. */
  const money = (price, currency, locale) => {
    try {
      return new Intl.NumberFormat(locale, currency ? { style: "currency", currency } : {}).format(price);
    } catch {
      return [price, currency].filter(Boolean).join(" ");
    }
  };

  /** Where an item leads; only to the web, whatever the template or the item says. */
  const address = (template, item, home) => {
    const filled = (template || `${home}/#/product/{id}`).replaceAll("{id}", encodeURIComponent(item.item_id)).replaceAll("{product}", encodeURIComponent(item.product_id ?? item.item_id));
    const url = new URL(filled, document.baseURI);
    return /^https?:$/.test(url.protocol) ? url.href : null;
  };

  class SimilarItems extends HTMLElement {
    static observedAttributes = SETTINGS;

    connectedCallback() {
      if (!this.shadowRoot) {
        const sheet = new CSSStyleSheet(); // needs no leave of the host's policy for inline styles
        sheet.replaceSync(STYLE);
        this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
      }
      this.plan();
    }

    disconnectedCallback() {
      this.asked?.abort();
    }

    attributeChangedCallback() {
      if (this.shadowRoot) this.plan();
    }

    /** Several attributes that change at once are one request. */
    plan() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.refresh(), 0);
    }

    get home() {
      return this.getAttribute("server")?.replace(/\/$/, "") || server;
    }

    get headers() {
      const key = this.getAttribute("key");
      return key ? { Authorization: `Bearer ${key}` } : {};
    }

    async refresh() {
      this.asked?.abort();
      this.asked = new AbortController();
      const item = this.getAttribute("item");
      if (!item) return this.show([]);
      const asked = new URLSearchParams({ k: Math.min(48, Math.max(1, Number(this.getAttribute("count")) || 6)) });
      if (this.getAttribute("where")) asked.set("where", this.getAttribute("where"));
      const path = `${this.home}/v1/items/${encodeURIComponent(item)}/similar?${asked}`;
      try {
        const answer = await fetch(path, { headers: this.headers, signal: this.asked.signal, credentials: "omit" });
        const told = await answer.json();
        if (!answer.ok) throw new Error([told.title, told.detail, told.next].filter(Boolean).join(". "));
        this.show(told.hits.map((hit) => hit.item));
      } catch (error) {
        if (error.name === "AbortError") return;
        this.show([]); // a shop's page goes on without its similar items
        console.warn(`modiste: no similar items. ${error.message}`);
      }
    }

    show(items) {
      const heading = make("h2", "heading", this.getAttribute("heading") ?? "Similar items");
      const list = make("ul", "list", ...items.map((item) => make("li", "card", this.card(item))));
      list.setAttribute("aria-label", heading.textContent);
      this.shadowRoot.replaceChildren(...(items.length ? [heading, list] : []));
      this.dispatchEvent(new CustomEvent("modiste-shown", { bubbles: true, composed: true, detail: { items } }));
    }

    card(item) {
      const name = item.title || Object.values(item.labels ?? {}).flat().slice(0, 2).join(" ") || item.item_id;
      const price = item.price === null || item.price === undefined ? "" : money(item.price, item.currency, this.getAttribute("locale") || document.documentElement.lang || "en");
      const link = make("a", "link", make("span", "photo", ...this.picture(item)), make("span", "name", name), make("span", "price", price));
      const target = address(this.getAttribute("link"), item, this.home);
      if (target) link.href = target;
      link.addEventListener("click", (event) => {
        const chosen = new CustomEvent("modiste-choose", { bubbles: true, composed: true, cancelable: true, detail: { item } });
        if (!this.dispatchEvent(chosen)) event.preventDefault();
      });
      return link;
    }

    /** With a key the picture is fetched, since an <img> can't send one. */
    picture(item) {
      if (typeof item.picture !== "string" || !item.picture.startsWith("/v1/")) return [];
      const image = make("img", "");
      Object.assign(image, { alt: "", loading: "lazy", decoding: "async" });
      const path = `${this.home}${item.picture}?width=360`;
      if (!this.getAttribute("key")) image.src = path;
      else void this.fetchInto(image, path);
      return [image];
    }

    async fetchInto(image, path) {
      const answer = await fetch(path, { headers: this.headers, signal: this.asked.signal, credentials: "omit" }).catch(() => null);
      if (!answer?.ok) return image.remove();
      image.src = URL.createObjectURL(await answer.blob());
      image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    }
  }

  if (!customElements.get(NAME)) customElements.define(NAME, SimilarItems);
  if (!own?.dataset.item) return;
  const element = document.createElement(NAME);
  for (const name of SETTINGS) if (own.dataset[name] !== undefined) element.setAttribute(name, own.dataset[name]);
  element.className = own.className;
  own.after(element);
})();
