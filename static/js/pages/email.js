/** The page that the link in a mail opens. Its token is in the fragment, which no server sees; a click sends it. */

import { FormError, onSubmit } from "../lib/form.js";
import { postJson } from "../lib/http.js";
import { byId } from "../lib/page.js";

const form = byId("email-form", HTMLFormElement);
const token = location.hash.slice(1);

history.replaceState(null, "", location.pathname);

onSubmit(form, async (say) => {
  if (token === "") throw new FormError("The link is not complete. Open it from the mail once more, or ask for a new one in your settings.");
  await say("Confirming…");
  const { email } = await postJson("/accounts/email/prove/", { token });
  const confirmed = byId("email-confirmed");
  confirmed.textContent = `${email} is confirmed.`;
  confirmed.hidden = false;
  form.hidden = true;
  return true;
});
