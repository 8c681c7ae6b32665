// What the scripts of the page share; each of them runs in a block of its own, within one module.
const payload = JSON.parse(document.getElementById("payload").textContent);

function make(name, text, attributes = {}) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function format(number) {
  return number >= 100 ? Math.round(number).toLocaleString("en").replaceAll(",", "\u202f") : String(Number(number.toPrecision(3)));
}

function speak(name) {
  return name.replace(/([a-z0-9])(?=[A-Z])/g, "$1 ").replaceAll("_", " ").toLowerCase();
}

function makeTile(prefix, [sheet, left, top, width, height], sheets, scale) {
  const tile = make("span", undefined, { class: `tile ${prefix}${sheet}`, "aria-hidden": "true" });
  Object.assign(tile.style, {
    width: `${width * scale}px`, height: `${height * scale}px`,
    backgroundPosition: `${-left * scale}px ${-top * scale}px`,
    backgroundSize: `${sheets[sheet][0] * scale}px ${sheets[sheet][1] * scale}px`,
  });
  return tile;
}
