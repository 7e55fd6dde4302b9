//# allFunctionsCalledOnLoad
/**
 * What can be wrong with an object of the protocol:
 *
 * - `form`: malformed: a wrong length, bytes left over, a value out of its range
 * - `suite`: another suite than 1
 * - `kind`: another kind of object than the one expected
 * - `key`: a public key that is refused
 * - `signature`: a signature that does not verify
 * - `binding`: it does not belong to what it is shown for
 * - `commitment`: the AES key is not the one committed to
 * - `opening`: AES-GCM or HPKE refused it
 * - `kdf`: password derivation parameters out of bounds
 * - `checksum`: a recovery key with a typing error
 *
 * @typedef {"form" | "suite" | "kind" | "key" | "signature" | "binding" | "commitment" | "opening" | "kdf" | "checksum"} ErrorCode
 */

/** The one error that this folder throws for bad input. */
export class ProtocolError extends Error {
  /**
   * @param {ErrorCode} code stable, for programs
   * @param {string} message a sentence, for people
   */
  constructor(code, message) {
    super(message);
    this.name = "ProtocolError";
    /** @type {ErrorCode} */
    this.code = code;
  }
}
