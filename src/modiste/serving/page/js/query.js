// What is looked for: read from the page's address, written to it, and turned into what the server takes.

export const PAGE = 24;
const MOST = 192; // of one answer; coming back to more shows these first

const EMPTY = { text: "", item: null, picture: null, box: null, weight: 0.5, sort: "score", facets: {}, low: null, high: null, shown: PAGE };

/** A query of a place's parameters. What makes no sense there is left out. */
export function readQuery(params) {
  const facets = {};
  for (const [name, value] of params) if (name.startsWith("f.") && value) (facets[name.slice(2)] ??= []).push(value);
  const [low, high] = (params.get("price") ?? "").split("..").map(toNumber);
  const picture = /^[0-9a-z]{4,40}$/.test(params.get("picture") ?? "") ? params.get("picture") : null;
  return {
    text: (params.get("text") ?? "").slice(0, 2000), item: picture ? null : params.get("item"), picture, box: readBox(params.get("box")),
    weight: limit(toNumber(params.get("weight")) ?? 0.5, 0, 1), sort: params.get("sort") ?? "score", facets, low: low ?? null, high: high ?? null,
    shown: limit(Math.round(toNumber(params.get("n")) ?? PAGE), PAGE, MOST),
  };
}

const limit = (value, low, high) => Math.min(Math.max(value, low), high);

function toNumber(text) {
  const number = text === null || text === undefined || text === "" ? NaN : Number(text);
  return Number.isFinite(number) ? number : null;
}

function readBox(text) {
  const numbers = (text ?? "").split(",").map(toNumber);
  if (numbers.length !== 4 || numbers.some((number) => number === null || number < 0 || number > 1)) return null;
  const [left, top, width, height] = numbers;
  return width > 0 && height > 0 ? { left, top, width, height } : null;
}

/** The parameters of a query; what is as usual is left out, so that addresses stay short. */
export function writeQuery(query) {
  const params = new URLSearchParams();
  const set = (name, value, usual) => value !== null && value !== usual && params.set(name, value);
  set("text", query.text, "");
  set("item", query.item);
  set("picture", query.picture);
  if (query.box) params.set("box", [query.box.left, query.box.top, query.box.width, query.box.height].map((share) => share.toFixed(3)).join(","));
  if (query.text && (query.item || query.picture)) set("weight", query.weight, 0.5);
  set("sort", query.sort, "score");
  if (query.low !== null || query.high !== null) params.set("price", `${query.low ?? ""}..${query.high ?? ""}`);
  for (const [name, values] of Object.entries(query.facets)) for (const value of values) params.append(`f.${name}`, value);
  set("n", query.shown, PAGE);
  return params;
}

/** A query with some parts changed; another query starts at its first page again. */
export const changeQuery = (query, change) => ({ ...EMPTY, ...query, shown: PAGE, ...change });

/** A query with other values of a facet. */
export function changeFacet(query, name, values) {
  const facets = { ...query.facets, [name]: values };
  if (!values.length) delete facets[name];
  return changeQuery(query, { facets });
}

/** How many facets are in use. */
export const countActive = (query) => Object.values(query.facets).flat().length + (query.low !== null || query.high !== null ? 1 : 0);

const quote = (word) => `'${word.replaceAll("'", "''")}'`;
const nameOf = (name) => `\`${name.replaceAll("`", "``")}\``;

function sayChoice(name, values) {
  const words = values.length === 1 ? `${nameOf(name)} = ${quote(values[0])}` : `${nameOf(name)} in (${values.map(quote).join(", ")})`;
  return name === "size" ? `${words} and (stock > 0 or stock is missing)` : words;
}

function sayPrice({ low, high }) {
  if (low !== null && high !== null) return [`price between ${low} and ${high}`];
  if (low !== null) return [`price >= ${low}`];
  return high === null ? [] : [`price <= ${high}`];
}

/** The filter that a query's facets say, in the filter language; without some of them, to count what these would keep. */
export function writeFilter(query, without = []) {
  const parts = Object.entries(query.facets).filter(([name]) => !without.includes(name)).map(([name, values]) => sayChoice(name, values));
  return [...parts, ...(without.includes("price") ? [] : sayPrice(query))].join(" and ");
}

/** What `POST /v1/search` takes; picture: the kept photograph, whose box is counted in its pixels. */
export function toRequest(query, picture, { k, offset = 0, facets = [] }) {
  const asked = { k, offset, where: writeFilter(query) };
  if (facets.length) asked.facets = facets;
  if (query.text.trim()) asked.text = query.text.trim();
  if (query.item) asked.item = query.item;
  if (asked.text && (query.item || picture)) asked.weight = query.weight;
  if (picture && query.box) asked.box = toPixels(query.box, picture);
  if (query.sort !== "score") asked.sort = query.sort;
  return asked;
}

function toPixels(box, { width, height }) {
  const left = Math.min(Math.round(box.left * width), width - 1);
  const top = Math.min(Math.round(box.top * height), height - 1);
  return [left, top, limit(Math.round(box.width * width), 1, width - left), limit(Math.round(box.height * height), 1, height - top)];
}
