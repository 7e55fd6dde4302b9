/** What a page shows of the server, taken anew whenever there is a connection: nobody has told what happened before. */

import { fetchPage } from "./fragment.js";
import { HttpError } from "./http.js";
import { listen } from "./live.js";

/** How long, in milliseconds, after the server did not answer it is asked again. */
const LATER = 5000;

/**
 * Has the page take itself as it is by now, from now on whenever there is a connection.
 * @param {() => (page: Document) => void} asking is called when the server is asked; gives what takes the answer
 */
export function startCatchingUp(asking) {
  let timer = 0;
  const catchUp = async () => {
    clearTimeout(timer);
    const take = asking();
    try {
      take(await fetchPage(location.pathname));
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      // Whom nobody can look at any more is not asked for again.
      if (error.status === 0 || error.status >= 500) timer = window.setTimeout(catchUp, LATER);
    }
  };
  listen(({ type }) => type === "ready" && void catchUp());
}
