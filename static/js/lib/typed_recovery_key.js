/** The field that a recovery key is typed into (templates/accounts/_recovery_key_field.html). */

import { ProtocolError } from "../crypto/errors.js";
import { parseRecoveryKey } from "../crypto/recovery.js";
import { FormError } from "./form.js";
import { byId } from "./page.js";

/** The id of the field. */
export const RECOVERY_KEY_FIELD = "typed-recovery-key";

const CHARACTERS = 56;
const MISTYPED = "There is a typing error in this recovery key. Compare it with the one you saved, group by group.";

/**
 * @returns {Promise<import("../crypto/bytes.js").Bytes>} the key, 32 bytes
 * @throws {FormError} for what is no recovery key
 */
export async function typedRecoveryKey() {
  const typed = byId(RECOVERY_KEY_FIELD, HTMLTextAreaElement).value;
  // Of what separates the groups, the protocol knows the space and the hyphen; a file, or a text program, has others.
  const text = typed.replaceAll(/[\s\p{Dash_Punctuation}]/gu, "");
  if (text === "") throw new FormError("Enter your recovery key.", RECOVERY_KEY_FIELD);
  try {
    return await parseRecoveryKey(text);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new FormError(error.code === "checksum" ? MISTYPED : malformed([...text].length), RECOVERY_KEY_FIELD);
  }
}

/** @param {number} count how many characters were typed */
function malformed(count) {
  if (count !== CHARACTERS) return `A recovery key has ${CHARACTERS} letters and digits. You have typed ${count}.`;
  return "A recovery key has only the digits and the letters A to Z without U.";
}
