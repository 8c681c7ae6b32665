// Talks to the server: JSON in, JSON out, and every failure is a Problem that says what to do next.

const KEY = "modiste.key";

/** What went wrong, as the server's problem+json says it. */
export class Problem extends Error {
  constructor({ title, detail, next, status = 0, retryAfter = null }) {
    super(detail || title || "Something went wrong");
    Object.assign(this, { title: title || "Something went wrong", detail: detail || "", next: next || "", status, retryAfter });
  }
}

/** The key that requests carry, or "". */
export function readKey() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

/** Keep a key for this browser; "" forgets it. */
export function keepKey(key) {
  try {
    if (key) localStorage.setItem(KEY, key);
    else localStorage.removeItem(KEY);
  } catch {
    throw new Problem({ title: "The key can't be kept", detail: "This browser forbids the page to store anything.", next: "Allow storage for this address." });
  }
}

/** The headers that every request carries. */
export function keyHeaders() {
  const key = readKey();
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** "/v1/..." with parameters; what is null, undefined or "" is left out. */
export function address(path, params = {}) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "") asked.set(name, Array.isArray(value) ? value.join(",") : value);
  }
  const text = asked.toString();
  return text ? `${path}?${text}` : path;
}

/** Fetch from the server; a Response that is fine, or a Problem. */
export async function request(path, { method = "GET", json, body, headers = {}, signal } = {}) {
  const sent = { ...keyHeaders(), ...headers };
  if (json !== undefined) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers: sent, body: json === undefined ? body : JSON.stringify(json), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!answer.ok) throw await readProblem(answer);
  return answer;
}

const unreachable = () =>
  new Problem({ title: "The server does not answer", detail: "It may have been stopped, or the network is down.", next: "See that 'modiste serve' runs, then try again." });

async function readProblem(answer) {
  const told = await answer.json().catch(() => ({}));
  return describeProblem(told, answer.status, answer.headers.get("Retry-After"));
}

const FALLBACKS = {
  401: ["A key is needed", "Enter the key that your shop gave you."],
  403: ["This key may not do that", "Enter a key that may write."],
  404: ["That is not there", "Go back, or search for it."],
  413: ["That is too large", "Send a smaller file, or fewer at once."],
  429: ["Too many requests", "Wait a moment, then try again."],
  503: ["The server is busy", "Wait a moment, then try again."],
};

/** A Problem of a problem+json body, with words of the page's own where the body has none. */
function describeProblem(told, status, retryAfter = null) {
  const [title, next] = FALLBACKS[status] ?? ["Something went wrong", "Try again; if it stays, look at the server's log."];
  const text = (value) => (typeof value === "string" ? value : "");
  return new Problem({ title: text(told?.title) || title, detail: text(told?.detail), next: text(told?.next) || next, status, retryAfter });
}

/** Fetch JSON. */
export const getJson = async (path, params, options = {}) => (await request(address(path, params), options)).json();

/** Send JSON, get JSON (null where the answer is empty). */
export async function sendJson(method, path, json, options = {}) {
  const answer = await request(path, { method, json, ...options });
  return answer.status === 204 ? null : answer.json();
}

const kept = new Map();

/** Fetch JSON once for the life of the page: what describes the catalogue and the bundle. */
export function getOnce(path) {
  if (!kept.has(path)) {
    const asked = getJson(path);
    asked.catch(() => kept.delete(path));
    kept.set(path, asked);
  }
  return kept.get(path);
}

/** Forget what `getOnce` keeps, since a key may change what may be seen. */
export const forget = () => kept.clear();

/** Path of an item. */
export const itemPath = (id, rest = "") => `/v1/items/${encodeURIComponent(id)}${rest}`;

/** Search; with a picture as multipart, else as JSON. */
export async function search(query, picture = null, options = {}) {
  if (!picture) return sendJson("POST", "/v1/search", query, options);
  const body = new FormData();
  body.append("picture", picture, "picture.jpg");
  body.append("query", JSON.stringify(query));
  return (await request("/v1/search", { method: "POST", body, ...options })).json();
}

/** Send a form and hear of the progress, which fetch does not tell: told(share from 0 to 1). */
export function upload(path, body, told, signal) {
  return new Promise((resolve, reject) => {
    const sent = new XMLHttpRequest();
    sent.open("POST", path);
    for (const [name, value] of Object.entries(keyHeaders())) sent.setRequestHeader(name, value);
    sent.responseType = "json";
    sent.upload.addEventListener("progress", (event) => event.lengthComputable && told(event.loaded / event.total));
    sent.addEventListener("error", () => reject(unreachable()));
    sent.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    sent.addEventListener("load", () => {
      if (sent.status >= 200 && sent.status < 300) resolve(sent.response);
      else reject(describeProblem(sent.response, sent.status, sent.getResponseHeader("Retry-After")));
    });
    signal?.addEventListener("abort", () => sent.abort());
    sent.send(body);
  });
}
