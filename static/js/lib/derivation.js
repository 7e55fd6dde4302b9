/** What derives keys from passwords is loaded when somebody turns to a password, so that nobody waits for it once they have typed it. */

import { loadArgon2 } from "../crypto/password.js";

/** Has the page's password fields do so. */
export function startDerivation() {
  document.addEventListener("focusin", ({ target }) => {
    // Whoever needs it asks again, and says why it does not come.
    if (target instanceof HTMLInputElement && target.type === "password") void loadArgon2().catch(() => undefined);
  });
}
