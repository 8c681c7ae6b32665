// Markdown as bundles' cards are written, turned into elements: headings, tables, lists, code, emphasis, links. HTML in it stays text.

import { el, fill } from "./dom.js";

const DEEPEST = 6;

/** Elements of a Markdown text; its headings begin at `level`. */
export function renderMarkdown(text, level = 2) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const state = { lines, at: 0, level, nodes: [], tables: 0 };
  while (state.at < lines.length) takeBlock(state);
  return state.nodes;
}

function takeBlock(state) {
  const line = state.lines[state.at];
  if (!line.trim()) state.at += 1;
  else if (/^#{1,6} /.test(line)) takeHeading(state, line);
  else if (/^\s*```/.test(line)) takeCode(state);
  else if (/^\s*\|/.test(line) && /^\s*\|?[\s:|-]+\|/.test(state.lines[state.at + 1] ?? "")) takeTable(state);
  else if (/^\s*([-*]|\d+\.) /.test(line)) takeList(state, line);
  else takeParagraph(state);
}

function takeHeading(state, line) {
  const depth = Math.min(DEEPEST, line.match(/^#+/)[0].length + state.level - 1);
  state.nodes.push(fill(el(`h${depth}`), ...inline(line.replace(/^#+ /, ""))));
  state.at += 1;
}

function takeCode(state) {
  const end = state.lines.findIndex((line, place) => place > state.at && /^\s*```/.test(line));
  const last = end < 0 ? state.lines.length : end;
  state.nodes.push(el("pre", { tabindex: 0 }, el("code", {}, state.lines.slice(state.at + 1, last).join("\n"))));
  state.at = last + 1;
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

function takeTable(state) {
  const head = cells(state.lines[state.at]);
  const ends = cells(state.lines[state.at + 1]).map((mark) => mark.endsWith(":"));
  const rows = [];
  for (state.at += 2; /^\s*\|/.test(state.lines[state.at] ?? ""); state.at += 1) rows.push(cells(state.lines[state.at]));
  const cell = (text, place, name) => fill(el(name, { class: ends[place] ? "number" : null, scope: name === "th" && text ? "col" : null }), ...inline(text));
  const top = head.some(Boolean) ? el("thead", {}, el("tr", {}, head.map((text, place) => cell(text, place, text ? "th" : "td")))) : null;
  const body = el("tbody", {}, rows.map((row) => el("tr", {}, row.map((text, place) => cell(text, place, "td")))));
  const named = head.filter(Boolean).join(", ") || rows.map((row) => row[0]).join(", ").slice(0, 60);
  state.tables += 1; // landmarks differ in their names
  const label = `Table ${state.tables}: ${named}`;
  state.nodes.push(el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label }, el("table", { class: "grid" }, top, body)));
}

function takeList(state, line) {
  const list = el(/^\s*\d/.test(line) ? "ol" : "ul", { class: "bullets" });
  for (; /^\s*([-*]|\d+\.) /.test(state.lines[state.at] ?? ""); state.at += 1) list.append(fill(el("li"), ...inline(state.lines[state.at].replace(/^\s*([-*]|\d+\.) /, ""))));
  state.nodes.push(list);
}

function takeParagraph(state) {
  const start = state.at;
  do state.at += 1;
  while (state.lines[state.at]?.trim() && !/^(#{1,6} |\s*```|\s*\||\s*([-*]|\d+\.) )/.test(state.lines[state.at]));
  state.nodes.push(fill(el("p"), ...inline(state.lines.slice(start, state.at).join(" "))));
}

const MARKS = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)/g;

/** Text with its marks: nodes and strings. */
function inline(text) {
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(MARKS)) {
    parts.push(text.slice(last, found.index), mark(found));
    last = found.index + found[0].length;
  }
  return [...parts, text.slice(last)];
}

function mark([whole, code, strong, soft, label, target]) {
  if (code) return el("code", {}, code);
  if (strong) return el("strong", {}, strong);
  if (soft) return el("em", {}, soft);
  // A card's links may lead anywhere: only web addresses are links, everything else is text.
  return /^https?:\/\//i.test(target) ? el("a", { href: target, rel: "noopener noreferrer nofollow" }, label) : whole;
}
