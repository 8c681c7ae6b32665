// What shops' names of colours look like.

import { el } from "../dom.js";

const COLOURS = {
  beige: "d4be9a", black: "1e1e22", blue: "4274be", bronze: "8c6840", brown: "6e4a36", burgundy: "701a30", charcoal: "424448", "coffee brown": "523a2c",
  copper: "b06c4a", cream: "f2e6c8", "fluorescent green": "96f032", gold: "cea854", green: "3a9250", grey: "96989b", gray: "96989b", "grey melange": "a4a6a8",
  khaki: "ac9c74", lavender: "b6a4d8", "lime green": "a6d03c", magenta: "c6247a", maroon: "782034", mauve: "a880a0", "mushroom brown": "96826e", mustard: "cca032",
  navy: "2a325a", "navy blue": "2a325a", nude: "e2bea4", "off white": "f0ece0", olive: "626234", orange: "ee7622", peach: "f8ba9c", pink: "ee7ea6", purple: "7e5296",
  red: "c82634", rose: "d06074", rust: "a44e2a", "sea green": "3c967c", silver: "c4c6ca", skin: "e4bc9c", steel: "94989c", tan: "c49a6c", taupe: "8c7f72", teal: "1f7f82",
  "turquoise blue": "3cb6c4", turquoise: "3cb6c4", white: "ffffff", yellow: "f4d03c", metallic: "aaa9ad", assorted: "", multi: "",
};

/** A round of a colour; several colours where the name says none. */
export function swatch(name) {
  const known = COLOURS[name.toLowerCase()];
  const dot = el("span", { class: known ? "swatch" : "swatch many", "aria-hidden": "true" });
  if (known) dot.style.setProperty("--swatch", `#${known}`);
  return dot;
}
