// What is known of the catalogue and of the bundle: asked once, then kept.

import { getOnce } from "./api.js";

/** The catalogue's facts (`GET /v1/catalogue`). */
export const readShop = () => getOnce("/v1/catalogue");

/** The bundle's facts (`GET /v1/bundle`). */
export const readBundle = () => getOnce("/v1/bundle");

/** Fields that refine each other, the widest first, such as masterCategory, subCategory, articleType. */
export function findTree(fields) {
  const parents = new Map(fields.map((field) => [field.name, field.parent]));
  const climb = (name) => (name ? [...climb(parents.get(name)), name] : []);
  const chains = fields.map((field) => climb(field.name)).filter((chain) => chain.length > 1);
  return chains.reduce((best, chain) => (chain.length > best.length ? chain : best), []);
}

/** Whether a field's values are colours. */
export const isColour = (name) => /colou?r/i.test(name);
