//# allFunctionsCalledOnLoad
/** JSON over fetch, as docs/http.md has it: every failure is one HttpError. */

import { ProtocolError } from "../crypto/errors.js";

/** An answer that is not a success, or no answer at all. */
export class HttpError extends Error {
  /**
   * @param {number} status the HTTP status, 0 when no answer came
   * @param {{code?: string, field?: string, message?: string, [name: string]: any}} body the answer's JSON
   */
  constructor(status, body) {
    super(body.message ?? "Sotto could not do this. Please try again.");
    this.name = "HttpError";
    this.status = status;
    /** @type {string} a code of docs/http.md; "offline" when no answer came, "unavailable" when it was no JSON */
    this.code = body.code ?? "unavailable";
    /** @type {string | null} the field that the error is about */
    this.field = body.field ?? null;
    this.body = body;
  }
}

/** How long, in milliseconds, an answer is waited for: a network that swallows a request must not hold up what comes after it. */
const PATIENCE = 15_000;

const OFFLINE = { code: "offline", message: "Sotto cannot be reached. Check your connection and try again." };
const GARBLED = { code: "unavailable", message: "Sotto cannot answer at the moment. Please try again in a minute." };

/** @returns {HTMLMetaElement} */
function tokenElement() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  if (!(meta instanceof HTMLMetaElement)) throw new TypeError("the page has no CSRF token");
  return meta;
}

/**
 * @param {string} url
 * @param {RequestInit} options
 * @returns {Promise<any>} the answer's JSON
 * @throws {HttpError}
 */
async function request(url, options) {
  const asked = Date.now();
  /** @type {Response} */
  let response;
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    response = await fetch(url, { credentials: "same-origin", cache: "no-store", signal, ...options });
  } catch {
    throw new HttpError(0, OFFLINE);
  }
  const server = Date.parse(response.headers.get("Date") ?? "");
  globalThis.dispatchEvent?.(new CustomEvent("sotto-answer", { detail: { asked, server, answered: Date.now() } }));
  const body = await response.json().catch(() => null);
  if (body === null || typeof body !== "object") throw new HttpError(response.status, GARBLED);
  if (!response.ok) throw new HttpError(response.status, body);
  return body;
}

/**
 * @param {unknown} body
 * @returns {RequestInit}
 */
function posting(body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": tokenElement().content };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

/**
 * @param {string} url
 * @param {unknown} body
 */
async function post(url, body) {
  const answer = await request(url, posting(body));
  // Signing in makes the token of the page useless; the answer carries the next one.
  if (typeof answer.csrf === "string") tokenElement().content = answer.csrf;
  return answer;
}

/**
 * Takes the CSRF token of a fresh page: the one of this page is useless once another tab has signed in.
 * @returns {Promise<string>} the token
 * @throws {HttpError}
 */
export function renewToken() {
  const fresh = new XMLHttpRequest();
  fresh.open("GET", "/accounts/login/");
  fresh.responseType = "document";
  fresh.timeout = PATIENCE;
  return new Promise((resolve, reject) => {
    fresh.onloadend = () => {
      const meta = fresh.response?.querySelector('meta[name="csrf-token"]');
      if (!meta) return reject(new HttpError(fresh.status, OFFLINE));
      tokenElement().content = meta.content;
      resolve(meta.content);
    };
    fresh.send();
  });
}

/**
 * Posts JSON, once more with a new CSRF token if the page's own was too old (nothing is stored when an error is answered).
 * @param {string} url
 * @param {unknown} body
 * @returns {Promise<any>} the answer's JSON
 * @throws {HttpError} also with code "signed_out", which the caller decides on
 */
export function postJson(url, body) {
  return withGoodToken(() => post(url, body));
}

/**
 * Posts JSON for a file, which takes as long as it takes; else as `postJson`.
 * @param {string} url
 * @param {unknown} body
 * @returns {Promise<Blob>}
 * @throws {HttpError}
 */
export function postForFile(url, body) {
  return withGoodToken(() => fetchFile(url, posting(body)));
}

/**
 * @param {string} url
 * @param {RequestInit} options
 */
async function fetchFile(url, options) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", cache: "no-store", ...options });
    if (response.ok) return await response.blob();
  } catch {
    throw new HttpError(0, OFFLINE);
  }
  throw new HttpError(response.status, (await response.json().catch(() => null)) ?? GARBLED);
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withGoodToken(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HttpError) || error.code !== "csrf") throw error;
  }
  await renewToken();
  return work();
}

/**
 * @param {string} url
 * @returns {Promise<any>} the answer's JSON
 * @throws {HttpError}
 */
export function getJson(url) {
  return request(url, { headers: { Accept: "application/json" } });
}

/**
 * What an answer says, if it is what docs/http.md describes.
 * @template T
 * @param {Promise<unknown>} answer
 * @param {(json: unknown) => T} read of `answers.js`
 * @returns {Promise<T>}
 * @throws {HttpError} `unavailable` if it is not
 */
export async function understood(answer, read) {
  const json = await answer;
  try {
    return read(json);
  } catch (error) {
    throw error instanceof ProtocolError ? new HttpError(200, GARBLED) : error;
  }
}
