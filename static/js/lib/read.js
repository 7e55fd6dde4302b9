/** Tells the server how far this person has read: at most once a moment, and never backwards. */

const MOMENT = 400;

export class ReadMarker {
  #told;
  #wanted;
  #post;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #timer = null;

  /**
   * @param {object} setting
   * @param {number} setting.told the `seq` that the server knows
   * @param {(seq: number) => Promise<unknown>} setting.post
   */
  constructor({ told, post }) {
    this.#told = told;
    this.#wanted = told;
    this.#post = post;
  }

  /** @param {number} seq of a message that lies before the person's eyes */
  reach(seq) {
    this.#wanted = Math.max(this.#wanted, seq);
    if (this.#wanted > this.#told) this.#timer ??= setTimeout(() => this.#tell(), MOMENT);
  }

  /** Takes it that the server knows nothing: whatever is reached next is told. */
  forget() {
    this.#told = 0;
  }

  async #tell() {
    const seq = this.#wanted;
    try {
      await this.#post(seq);
      this.#told = seq;
    } catch {
      // The next message read, or the next waking of the page, tells it.
    } finally {
      this.#timer = null;
    }
    if (this.#wanted > seq) this.reach(this.#wanted);
  }
}
