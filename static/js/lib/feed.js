/**
 * Takes a conversation's messages from every side (live, just stored, asked for) and passes each on once, in the order of `seq`.
 *
 * @typedef {import("./sender.js").Stored} Stored
 *
 * @typedef {[first: number, last: number]} Run of numbers that follow each other
 *
 * @typedef {object} HistoryPage as docs/http.md has it
 * @property {Stored[]} messages oldest first
 * @property {Record<string, string>} keys
 * @property {Record<string, string>} bundles
 * @property {Run[]} withheld of the other person's counters: what they wrote while this account blocked them
 * @property {boolean} more
 * @property {number} begins the first `seq` that this person has not deleted
 * @property {string | null} current_key UUID
 * @property {import("./delivery.js").Marks | null} marks
 * @property {import("./acquaintance.js").Standing | null} contact
 */

export class Feed {
  #last;
  #load;
  #suffices;
  #take;
  /** @type {Promise<void>} the work under way: one thing at a time */
  #work = Promise.resolve();

  /**
   * @param {object} setting
   * @param {number} setting.last the highest `seq` that the page shows already
   * @param {(after: number) => Promise<HistoryPage>} setting.load
   * @param {(message: Stored) => Promise<boolean>} setting.suffices whether a message that came alone can be opened as it is
   * @param {(page: Pick<HistoryPage, "messages"> & Partial<HistoryPage>) => Promise<void>} setting.take shows messages that follow the last
   */
  constructor({ last, load, suffices, take }) {
    this.#last = last;
    this.#load = load;
    this.#suffices = suffices;
    this.#take = take;
  }

  /** The highest `seq` passed on. */
  get last() {
    return this.#last;
  }

  /**
   * Takes a message on its own. One that was passed on already is left; one that leaves a gap, or whose key did not come with it, is asked
   * for, with everything that is missing. What has come is passed on even if the answer leaves it out: it is not for a history to unsay it.
   * @param {Stored} message
   * @returns {Promise<void>}
   * @throws {import("./http.js").HttpError} when it has to ask and the server does not answer
   */
  offer(message) {
    return this.#queue(async () => {
      if (message.seq <= this.#last) return;
      const follows = message.seq === this.#last + 1 && (await this.#suffices(message));
      if (!follows) await this.#fill();
      if (message.seq > this.#last && (await this.#suffices(message))) await this.#pass({ messages: [message] });
    });
  }

  /**
   * Takes everything that was stored after the last message.
   * @returns {Promise<void>}
   * @throws {import("./http.js").HttpError}
   */
  catchUp() {
    return this.#queue(() => this.#fill());
  }

  /** @returns {Promise<void>} once everything that has come until now is passed on */
  settled() {
    return this.#work;
  }

  async #fill() {
    for (let more = true; more; ) {
      const page = await this.#load(this.#last);
      const messages = page.messages.filter(({ seq }) => seq > this.#last);
      await this.#pass({ ...page, messages });
      more = page.more && messages.length > 0;
    }
  }

  /** @param {Parameters<ConstructorParameters<typeof Feed>[0]["take"]>[0]} page */
  async #pass(page) {
    try {
      await this.#take(page);
    } finally {
      // A message that cannot even be passed on must not stand before all that follow.
      this.#last = page.messages.at(-1)?.seq ?? this.#last;
    }
  }

  /**
   * @param {() => Promise<void>} work
   * @returns {Promise<void>}
   */
  #queue(work) {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }
}
