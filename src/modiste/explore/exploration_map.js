// The map of the pictures, drawn on a canvas: colours by field, a card for the picture that is pointed at.
const { fields, map } = payload;
const canvas = document.getElementById("map-canvas");
const card = document.getElementById("map-card");
const form = document.getElementById("map-form");
const view = { zoom: 1, x: 0.5, y: 0.5 };
const state = { field: Number(form?.elements.field?.value ?? 0), lit: null, at: -1, drag: null };

function getColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function measure() {
  const { clientWidth: width, clientHeight: height } = canvas;
  const side = Math.min(width, height) * view.zoom;
  return { width, height, across: side * (width > height ? Math.min(1.25, width / height) : 1), down: side };
}

function place(at) {
  const { width, height, across, down } = measure();
  const [x, y] = map.points[at];
  return [width / 2 + (x / 10000 - view.x) * across, height / 2 + (y / 10000 - view.y) * down];
}

function code(at) {
  return map.colours.length ? map.colours[state.field].codes[at] : 0;
}

function draw() {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const colours = [...Array(10).keys()].map((at) => getColour(`--c${at}`));
  const other = getColour("--soft");
  const radius = Math.min(6, (map.points.length > 800 ? 2.6 : 4) * Math.sqrt(view.zoom));
  // What is lit is drawn last, so that nothing lies on it.
  for (const front of state.lit === null ? [true] : [false, true]) {
    map.points.forEach((_, at) => {
      const lit = state.lit === null || code(at) === state.lit;
      if (lit !== front) return;
      const [x, y] = place(at);
      pen.globalAlpha = lit ? (code(at) < 0 && state.lit === null ? 0.4 : 0.85) : 0.1;
      pen.fillStyle = code(at) < 0 ? other : colours[code(at)];
      pen.beginPath();
      pen.arc(x, y, radius, 0, 7);
      pen.fill();
    });
  }
  if (state.at >= 0) {
    pen.globalAlpha = 1;
    pen.strokeStyle = getColour("--ink");
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(...place(state.at), radius + 3, 0, 7);
    pen.stroke();
  }
}

function drawLegend() {
  const legend = document.getElementById("map-legend");
  if (!map.colours.length) return;
  const { values, codes } = map.colours[state.field];
  const entries = values.map((value, at) => [at, value, `var(--c${at})`]);
  if (codes.includes(-1)) entries.push([-1, "other values", "var(--soft)"]);
  if (codes.includes(-2)) entries.push([-2, "not known", "var(--soft)"]);
  legend.replaceChildren(...entries.map(([at, value, colour]) => {
    const button = make("button", undefined, { type: "button", "aria-pressed": String(state.lit === at), title: value });
    const dot = make("i");
    dot.style.background = colour;
    button.append(dot, make("span", value), make("small", codes.filter((found) => found === at).length));
    button.addEventListener("click", () => {
      state.lit = state.lit === at ? null : at;
      [...legend.children].forEach((child) => child.setAttribute("aria-pressed", String(state.lit !== null && child === button)));
      draw();
    });
    return button;
  }));
}

function findNearest(x, y, reach) {
  let best = -1;
  let least = reach * reach;
  map.points.forEach((_, at) => {
    const [left, top] = place(at);
    const distance = (left - x) ** 2 + (top - y) ** 2;
    if (distance < least) [best, least] = [at, distance];
  });
  return best;
}

function showCard(at, speakIt) {
  state.at = at;
  card.hidden = at < 0;
  draw();
  if (at < 0) return;
  const [name, title, labels] = map.items[at];
  const tile = makeTile("m", map.tiles[at], map.sheets, 2);
  const lines = labels.map((label, place) => make("span", `${speak(fields[place])}: ${label || "–"}`, { class: "line" }));
  const text = make("div");
  text.append(make("b", title || name), ...lines);
  card.replaceChildren(tile, text);
  const [x, y] = place(at);
  card.style.left = `${Math.max(4, Math.min(x + 14, canvas.clientWidth - card.offsetWidth - 4))}px`;
  const below = y + 14 + card.offsetHeight > canvas.clientHeight;
  card.style.top = `${below ? Math.max(4, y - 14 - card.offsetHeight) : y + 14}px`;
  if (speakIt) document.getElementById("map-told").textContent = [title || name, ...labels.filter(Boolean)].join(", ");
}

function step(event) {
  const moves = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  if (event.key === "Escape") showCard(-1);
  if (!moves[event.key]) return;
  event.preventDefault();
  if (state.at < 0) return showCard(findNearest(canvas.clientWidth / 2, canvas.clientHeight / 2, 1e6), true);
  const [across, down] = moves[event.key];
  const [x, y] = place(state.at);
  let [best, least] = [state.at, Infinity];
  map.points.forEach((_, at) => {
    const [left, top] = place(at);
    const ahead = (left - x) * across + (top - y) * down;
    const aside = Math.abs((left - x) * down + (top - y) * across);
    if (ahead > 0.5 && aside <= ahead && ahead + 2 * aside < least) [best, least] = [at, ahead + 2 * aside];
  });
  bringIntoView(best);
  showCard(best, true);
}

function bringIntoView(at) {
  const { width, height } = measure();
  const [x, y] = place(at);
  if (x > 0 && x < width && y > 0 && y < height) return;
  Object.assign(view, { x: map.points[at][0] / 10000, y: map.points[at][1] / 10000 });
}

function zoom(factor) {
  if (factor === 0) Object.assign(view, { zoom: 1, x: 0.5, y: 0.5 });
  else view.zoom = Math.max(1, Math.min(20, view.zoom * factor));
  canvas.style.touchAction = view.zoom > 1 ? "none" : "pan-y";
  showCard(-1);
}

if (canvas) {
  canvas.addEventListener("pointerdown", (event) => {
    state.drag = [event.clientX, event.clientY];
    state.down = [event.clientX, event.clientY];
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", (event) => {
    state.drag = null;
    // A finger does not hover: where it came down and went up is what it points at.
    if (event.pointerType !== "touch" || Math.hypot(event.clientX - state.down[0], event.clientY - state.down[1]) > 8) return;
    const { left, top } = canvas.getBoundingClientRect();
    showCard(findNearest(event.clientX - left, event.clientY - top, 26), true);
  });
  canvas.addEventListener("pointercancel", () => { state.drag = null; });
  canvas.addEventListener("pointermove", (event) => {
    if (state.drag && view.zoom > 1) {
      const { across, down } = measure();
      view.x -= (event.clientX - state.drag[0]) / across;
      view.y -= (event.clientY - state.drag[1]) / down;
      state.drag = [event.clientX, event.clientY];
      showCard(-1);
      return;
    }
    if (event.pointerType === "touch") return;
    const found = findNearest(event.offsetX, event.offsetY, 18);
    if (found !== state.at) showCard(found);
  });
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch" && document.activeElement !== canvas) showCard(-1);
  });
  canvas.addEventListener("keydown", step);
  canvas.addEventListener("blur", () => showCard(-1));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", (event) => {
    const factor = event.target.dataset?.zoom;
    if (factor !== undefined) zoom(Number(factor));
  });
  form.elements.field?.addEventListener("change", (event) => {
    Object.assign(state, { field: Number(event.target.value), lit: null });
    drawLegend();
    draw();
  });
  for (const medium of ["(prefers-color-scheme: dark)", "print"]) matchMedia(medium).addEventListener("change", draw);
  new ResizeObserver(draw).observe(canvas);
  drawLegend();
  draw();
}
