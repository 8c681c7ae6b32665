// Tag a batch: drop pictures, a folder, a zip or a table; watch; look at the doubtful; correct; download.

import { getJson, request, upload } from "../api.js";
import { el, swap } from "../dom.js";
import { icon } from "../icons.js";
import { problemBox, say, toastProblem } from "../parts/notices.js";
import { saveButton } from "../parts/saving.js";
import { fileButton } from "../parts/search_form.js";
import { go, link, setTitle } from "../router.js";
import { count, duration, plural, when } from "../words.js";
import { batchTable } from "./batch_table.js";

export const title = "Tag a batch";

const PICTURES = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif|heic)$/i;
const WHOLE = /\.(zip|tar|tgz|csv|tsv|xlsx|parquet|jsonl)$/i;
const OVER = ["done", "failed", "cancelled"];
const FORMATS = [["csv", "CSV"], ["xlsx", "Excel"], ["parquet", "Parquet"], ["jsonl", "JSON lines"]];

/** Show a batch, or where to drop one. */
export function create(place, signal) {
  return place.rest ? showJob(decodeURIComponent(place.rest), signal) : showDrop(signal);
}

function showDrop(signal) {
  const told = el("div", { class: "sending" });
  const files = (chosen) => void send(chosen, told, signal);
  const buttons = el("div", { class: "row" }, fileButton("Choose files", { chosen: files, name: "upload", multiple: true, accept: "image/*,.zip,.csv,.xlsx", look: "button primary" }), fileButton("Choose a folder", { chosen: files, name: "folder", folder: true }));
  const zone = el("section", { class: "drop-zone", "aria-label": "Upload" }, icon("upload"), el("p", { class: "drop-text" }, "Drop pictures, a folder, a zip, or a table that names pictures"), buttons, told);
  const jobs = el("div", {});
  const node = el("div", { class: "batch" }, el("h1", { tabindex: -1 }, "Tag a batch"), el("p", { class: "lead" }, "Every picture gets its tags, and you get a table. What the tagger is unsure of is marked, so that you look at little."), zone, el("section", { "aria-label": "Earlier batches" }, jobs));
  return { node, ready: listJobs(jobs, signal), drops: { files, folders: true, label: "Drop the pictures, the folder or the zip to tag them" } };
}

/** What is sent of what was chosen: pictures, archives and tables; a folder's other files stay here. */
function pickFiles(chosen) {
  const fit = chosen.filter((file) => PICTURES.test(file.name) || WHOLE.test(file.name) || file.type.startsWith("image/"));
  return { fit, left: chosen.length - fit.length };
}

async function send(chosen, told, signal) {
  const { fit, left } = pickFiles(chosen);
  if (!fit.length) return swap(told, problemBox({ title: "No picture among that", detail: `${plural(left, "file")}, none of them a picture, an archive or a table.`, next: "Choose JPEG, PNG or WebP pictures, a zip of them, or a CSV or Excel table." }));
  const body = new FormData();
  for (const file of fit) body.append("file", file, file.pathInside || file.webkitRelativePath || file.name);
  const bar = el("progress", { max: 1, value: 0, "aria-label": "Upload" });
  swap(told, el("p", {}, `Sending ${plural(fit.length, "file")}${left ? `; ${count(left)} others stay here` : ""} …`), bar);
  try {
    const job = await upload("/v1/jobs", body, (share) => (bar.value = share), signal);
    go(link(`batch/${encodeURIComponent(job.id)}`));
  } catch (problem) {
    if (problem.name !== "AbortError") swap(told, problemBox(problem));
  }
}

async function listJobs(place, signal) {
  try {
    const { jobs } = await getJson("/v1/jobs", {}, { signal });
    if (!jobs.length) return swap(place);
    const remove = (job) => removeJob(job, () => listJobs(place, signal));
    swap(place, el("h2", {}, "Earlier batches"), el("ul", { class: "jobs" }, jobs.map((job) => jobLine(job, remove))));
  } catch (problem) {
    if (problem.name !== "AbortError") swap(place, problemBox(problem, () => listJobs(place, signal)));
  }
}

function jobLine(job, remove) {
  const state = OVER.includes(job.status) ? job.status : `${job.status}, ${count(job.done)} of ${count(job.pictures ?? 0)}`;
  const facts = [plural(job.pictures ?? job.done, "picture"), state, job.doubtful ? `${count(job.doubtful)} doubtful` : "", when(job.created)].filter(Boolean).join(" · ");
  return el("li", {}, el("a", { href: link(`batch/${encodeURIComponent(job.id)}`) }, job.name || job.id), el("span", { class: "hint" }, facts), el("button", { type: "button", class: "round small", "aria-label": `Remove ${job.name}`, onclick: () => remove(job) }, icon("trash")));
}

async function removeJob(job, after) {
  try {
    await request(`/v1/jobs/${encodeURIComponent(job.id)}`, { method: "DELETE" });
    after();
  } catch (problem) {
    toastProblem(problem);
  }
}

function showJob(id, signal) {
  const parts = { heading: el("h1", { tabindex: -1 }, "Batch"), progress: el("div", { class: "job" }), table: el("div", {}) };
  const state = { id, path: `/v1/jobs/${encodeURIComponent(id)}`, signal, parts, timer: 0, table: null };
  signal.addEventListener("abort", () => clearTimeout(state.timer));
  const back = el("p", {}, el("a", { href: link("batch") }, "All batches"));
  return { node: el("div", { class: "batch" }, back, parts.heading, parts.progress, parts.table), ready: follow(state) };
}

/** Ask how far the job is, until it is over; the table fills as it goes. */
async function follow(state) {
  const { parts, signal } = state;
  try {
    const job = await getJson(state.path, {}, { signal });
    drawJob(state, job);
    state.table ??= batchTable(parts.table, state);
    await state.table.refresh(job);
    if (OVER.includes(job.status)) say(`${job.name}: ${job.status}, ${plural(job.done, "picture")}, ${count(job.doubtful)} doubtful`);
    else state.timer = setTimeout(() => follow(state), 700);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (problem.status) swap(parts.progress, problemBox(problem, () => follow(state)));
    else state.timer = setTimeout(() => follow(state), 3000); // the server may be starting again
  }
}

function drawJob(state, job) {
  setTitle(job.name);
  swap(state.parts.heading, job.name);
  const total = job.pictures;
  const over = OVER.includes(job.status);
  const rate = job.rate ? `${job.rate < 10 ? job.rate.toFixed(1) : Math.round(job.rate)} pictures a second` : "";
  const left = !over && job.seconds_left !== null && job.seconds_left !== undefined ? `${duration(job.seconds_left)} left` : "";
  const facts = [job.status, total ? `${count(job.done)} of ${plural(total, "picture")}` : plural(job.done, "picture"), over ? "" : rate, left, job.doubtful ? `${count(job.doubtful)} doubtful` : "", job.failed ? `${count(job.failed)} could not be read` : ""].filter(Boolean).join(" · ");
  const bar = over ? null : el("progress", { "aria-label": "Tagged so far", max: total || 1, value: total ? job.done : undefined });
  const stop = over ? null : el("button", { type: "button", class: "button small", onclick: () => removeJob(job, () => follow(state)) }, icon("close"), "Stop");
  const problem = job.problem ? problemBox(job.problem) : null;
  swap(state.parts.progress, bar, el("div", { class: "row" }, el("p", { class: "job-facts" }, facts), stop), problem, job.done ? downloads(state, job) : null);
}

function downloads(state, job) {
  const stem = job.name.replace(/\.[a-z]+$/i, "");
  const button = ([format, text]) => saveButton(text, `${state.path}/download?format=${format}`, `${stem}-tags.${format}`);
  return el("div", { class: "row downloads" }, el("span", { class: "hint" }, "Download the tags"), FORMATS.map(button));
}
