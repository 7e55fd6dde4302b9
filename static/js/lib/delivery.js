//# allFunctionsCalledOnLoad
/**
 * How far the other person has received and read what this one wrote. It is the server's word (docs/protocol.md, Marks): a message that is
 * not known here yet is never marked in advance.
 *
 * @typedef {"sent" | "delivered" | "read"} Mark
 * @typedef {{delivered: number, read: number}} Marks the highest `seq` of each
 */

/**
 * @param {number} one
 * @param {number} other
 * @returns {number} the lesser of two that differ
 */
const lesser = (one, other) => (one === other ? Infinity : Math.min(one, other));

export class Delivery {
  #delivered = 0;
  #read = 0;

  /**
   * Takes what the server says; neither goes back.
   * @param {Marks | null} marks null when this person has switched receipts off: then nothing is marked
   * @param {number} last the highest `seq` that this page knows
   * @returns {number} the `seq` after which a message may have another mark now, Infinity for none
   */
  learn(marks, last) {
    const before = { delivered: this.#delivered, read: this.#read };
    this.#read = marks === null ? 0 : Math.max(this.#read, Math.min(marks.read, last));
    this.#delivered = marks === null ? 0 : Math.max(this.#delivered, Math.min(marks.delivered, last), this.#read);
    return Math.min(lesser(before.delivered, this.#delivered), lesser(before.read, this.#read));
  }

  /**
   * @param {number} seq of a stored message of one's own
   * @returns {Mark}
   */
  of(seq) {
    if (seq <= this.#read) return "read";
    return seq <= this.#delivered ? "delivered" : "sent";
  }
}
