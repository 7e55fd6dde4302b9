/** Works one after the other, in the order in which they were asked for. */
export class Turns {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * @template T
   * @param {() => Promise<T>} work begins when all before it have ended, however they have
   * @returns {Promise<T>} what the work gives
   */
  take(work) {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Fulfilled when all that has been asked for has ended. */
  get done() {
    return this.#last.then(() => undefined);
  }
}
