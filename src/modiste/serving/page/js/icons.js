// The page's drawings, in one weight, in the colour of the text around them.

import { svg } from "./dom.js";

const PATHS = {
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 8.5h.01",
  shuffle: "M4 7h3c5 0 5 10 10 10h3M4 17h3c1.6 0 2.7-1 3.5-2.4M13.5 9.4C14.3 8 15.4 7 17 7h3M17 4l3 3-3 3M17 14l3 3-3 3",
  filter: "M4 6h16M7 12h10M10 18h4",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  moon: "M19 14.5A7.5 7.5 0 0 1 9.5 5 7.5 7.5 0 1 0 19 14.5z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  alike: "M4 4h7v7H4zM13 13h7v7h-7zM13 4h7v7h-7zM4 13h7v7H4z",
  crop: "M7 3v14h14M3 7h14v14",
  eye: "M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  pen: "M5 19l1-4L16 5l3 3L9 18z",
  undo: "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-4",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  upload: "M12 20V8M7 12l5-5 5 5M5 4h14",
  folder: "M3 6h6l2 2h10v11H3z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  key: "M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 12l8-8M16 7l3 3",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM5 20c0-4 3-6 7-6s7 2 7 6",
  hanger: "M12 9.5V8.3a2 2 0 1 0-2-2M12 9.5l9 6.5c1 .8.5 2-.7 2H3.7c-1.2 0-1.7-1.2-.7-2z",
  arrow: "M5 12h14M13 6l6 6-6 6",
};

/** A drawing by its name; readers of the page never hear of it. */
export function icon(name) {
  const path = svg("path", { d: PATHS[name] });
  const props = { class: "icon", viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true", focusable: "false" };
  return svg("svg", props, path);
}
