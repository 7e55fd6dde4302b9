/** Parts of other pages of this site. */

import { HttpError } from "./http.js";

/** How long, in milliseconds, a page is waited for. */
const PATIENCE = 15_000;

/**
 * Fetches a page and parses it, without running or loading anything in it. XMLHttpRequest does so itself; every way to parse a string would need
 * a Trusted Types policy, and the pages allow none.
 * @param {string} url
 * @returns {Promise<Document>}
 * @throws {HttpError}
 */
export function fetchPage(url) {
  const request = new XMLHttpRequest();
  request.open("GET", url);
  request.responseType = "document";
  request.timeout = PATIENCE;
  return new Promise((resolve, reject) => {
    request.onloadend = () => {
      const page = request.status === 200 ? request.responseXML : null;
      if (page === null) reject(new HttpError(request.status, request.status === 0 ? { code: "offline" } : {}));
      else resolve(page);
    };
    request.send();
  });
}
