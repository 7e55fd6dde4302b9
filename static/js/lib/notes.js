//# allFunctionsCalledOnLoad
/**
 * What is said in the history where it is not as its writers left it, and what to do about it. Nobody is blamed: a clock, an old browser or a
 * restored backup can be behind it as well as somebody who means harm.
 *
 * @typedef {object} Note
 * @property {string} words a sentence
 * @property {string} advice another one, about what to do; may be empty
 * @property {boolean} help whether the page that says more is named (*What to do*)
 */

/**
 * @param {string} words
 * @param {string} [advice]
 * @returns {Note}
 */
function note(words, advice = "") {
  return { words, advice, help: true };
}

/**
 * A note about what is as it should be.
 * @param {string} words
 * @returns {Note}
 */
export function remark(words) {
  return { words, advice: "", help: false };
}

/** The notes about what one of the two people has written. */
export class Notes {
  #name;
  #mine;

  /**
   * @param {string} name the other person's
   * @param {boolean} mine whether it is about what this account has written
   */
  constructor(name, mine) {
    this.#name = name;
    this.#mine = mine;
  }

  /** @param {number} count */
  missing(count) {
    const words = count === 1 ? "1 message is missing here." : `${count} messages are missing here.`;
    if (!this.#mine) return note(words, this.#ask("what is missing"));
    const [own, them] = count === 1 ? ["It is your own", "it"] : ["They are your own", "them"];
    return note(words, `${own}: ask ${this.#name} outside Sotto whether they have ${them}.`);
  }

  /**
   * This account blocked the other person when they were written: nothing but the server says so.
   * @param {number} count
   */
  withheld(count) {
    const [messages, them] = count === 1 ? ["a message", "It is"] : [`${count} messages`, "They are"];
    return note(`The server says that ${this.#name} wrote ${messages} here while you had blocked ${this.#name}. ${them} not shown.`);
  }

  /**
   * Of what this browser has seen, the server does not show the end.
   * @param {number} count
   */
  cutOff(count) {
    const last = count === 1 ? "last message" : `last ${count} messages`;
    const whose = this.#mine ? `your ${last}` : `the ${last} from ${this.#name}`;
    const advice = this.#mine ? `Ask ${this.#name} outside Sotto what they have from you.` : this.#ask("what is missing");
    return note(`The server no longer shows ${whose}, which this browser has seen.`, advice);
  }

  /** Two messages under one number, or one id. */
  twice() {
    const advice = this.#mine ? "One of them may come from an old copy of your browser." : this.#ask("which of them is right");
    return note("The next message carries the same number as another one of its sender.", advice);
  }

  /** Another message has been seen under the number of this one. */
  exchanged() {
    return note("Another message was seen in the place of the next one.", this.#compare());
  }

  /** The other side names another message under the number of the one that is shown. */
  answered() {
    const whose = this.#mine ? "message of yours" : `message from ${this.#name}`;
    return note(`The next message answers another ${whose} than the one that is shown here.`, this.#compare());
  }

  misplaced() {
    return note("The next message is not where its sender sent it.", this.#compare());
  }

  detached() {
    return note("The next message was not written after the one that stands before it here.", this.#compare());
  }

  outdated() {
    return note("The next message is locked with an old key, though its sender knew a newer one.", this.#doubt());
  }

  /** It names less of the other side than an earlier message of the same sender. */
  forgetful() {
    return note("The next message was written without what its sender had seen before.", this.#doubt());
  }

  /** An edit or a deletion of a message that the other side wrote. */
  presumptuous() {
    const words = this.#mine
      ? `A change of a message from ${this.#name} was sent in your name here. It was left out.`
      : `${this.#name} sent a change of a message of yours here. It was left out: your message stands as you wrote it.`;
    return note(words, this.#doubt());
  }

  /** An edit or a deletion with a lower number than what it is about. */
  premature() {
    return note("A change is numbered before the message that it is about here. It was left out.", this.#doubt());
  }

  #compare() {
    return this.#mine ? `Ask ${this.#name} outside Sotto what they have from you.` : this.#ask("what they wrote");
  }

  #doubt() {
    return this.#mine ? "It may come from an old copy of your browser." : this.#ask("whether they wrote it, and when");
  }

  /** @param {string} what */
  #ask(what) {
    return `Ask ${this.#name} outside Sotto ${what}.`;
  }
}

export const disordered = () => note("The server put the next messages in another order. Here they stand as they were written.");

/**
 * What this person is said to have deleted.
 * @param {number} count of the messages, as far as it can be told; 0 if it can't
 */
export function deleted(count) {
  const earlier = count === 0 ? "Earlier messages are" : count === 1 ? "1 earlier message is" : `${count} earlier messages are`;
  return note(`${earlier} gone: the server says that you deleted ${count === 1 ? "it" : "them"}.`);
}
