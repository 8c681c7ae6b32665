// Builds elements. Whatever comes from the server goes in as text nodes: nothing here takes HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: props are attributes, `on...` listeners, `style` (an object), `dataset`, or plain properties. */
export function el(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props ?? {})) setProp(node, key, value);
  return fill(node, ...children);
}

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "open", "muted", "multiple"]);

function setProp(node, key, value) {
  if (value === undefined || value === null) return;
  if (key.startsWith("on")) node.addEventListener(key.slice(2).toLowerCase(), value);
  else if (key === "style") for (const [name, text] of Object.entries(value)) node.style.setProperty(name, text);
  else if (key === "dataset") Object.assign(node.dataset, value);
  else if (PROPERTIES.has(key)) node[key] = value;
  else if (value === true) node.setAttribute(key, "");
  else if (value !== false) node.setAttribute(key, String(value));
}

/** Append children: nodes as they are, anything else as text; nothing for null, undefined and false. */
export function fill(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/** Replace all children of a node. */
export function swap(node, ...children) {
  node.replaceChildren();
  return fill(node, ...children);
}

/** Replace all children of a node, and put the focus back on the element with the same data-key. */
export function swapKeepingFocus(node, ...children) {
  const key = node.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  swap(node, ...children);
  if (key !== undefined) node.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/** Make an SVG element. */
export function svg(name, props = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** Wait until the screen shows what was changed: whoever clicked sees that something happens before the work begins. */
export const painted = () => new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))); // the second frame begins when the first is out
  setTimeout(resolve, 100); // a page in the background paints nothing
});

let count = 0;

/** An id that no other element of the page has. */
export const newId = (stem = "id") => `${stem}-${++count}`;
