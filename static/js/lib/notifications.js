/**
 * Tells of new messages while nobody looks at Sotto: by their number in the tab's title and, where this browser was asked to, by a notification of
 * the system. A notification says who has written, never what: it may stand on a locked screen, and the system may keep it.
 */

import { FormError } from "./form.js";
import { keepNotificationsOn, notificationsAreOn } from "./notifications_kept.js";

/** Held, shared, by every page that is looked at. */
const LOOKED_AT = "sotto-looked-at";
/** Held by the one page that tells. */
const TELLING = "sotto-telling";

const REFUSED = "Your browser does not let Sotto show notifications. Allow them for this site in the browser's settings, and try again.";
const UNABLE = "This browser cannot show notifications of a page.";

/**
 * Has this browser tell from now on; shows a first notification.
 * @throws {FormError} it can't, or may not
 */
export async function turnNotificationsOn() {
  if (!("Notification" in window)) throw new FormError(UNABLE);
  if ((await Notification.requestPermission()) !== "granted") throw new FormError(REFUSED);
  try {
    new Notification("Sotto", { body: "New messages are told like this.", tag: "sotto" });
  } catch {
    // Android's browsers know notifications of service workers only.
    throw new FormError(UNABLE);
  }
  keepNotificationsOn();
}

/** @typedef {{id: string, name: string, address: string, request: boolean}} Writer `id` UUID; `request`: somebody not accepted yet */

export class Notifications {
  #title = document.title;
  #telling = false;
  /** @type {(() => void) | null} */
  #lookAway = null;
  /** @type {Map<string, Notification>} by the writer's id */
  #shown = new Map();

  constructor() {
    this.#look();
    document.addEventListener("visibilitychange", () => this.#look());
    void navigator.locks.request(TELLING, () => {
      this.#telling = true;
      return new Promise(() => undefined);
    });
  }

  /** @param {number} unread messages, in all conversations of the list */
  count(unread) {
    document.title = unread === 0 ? this.#title : `(${unread}) ${this.#title}`;
  }

  /**
   * Tells that somebody has written, unless a page of Sotto is looked at.
   * @param {Writer} writer
   */
  async tell({ id, name, address, request }) {
    if (!this.#telling || !notificationsAreOn() || (await isLookedAt())) return;
    // A stranger's name is a text that a stranger has chosen.
    const notification = new Notification(request ? "Sotto" : name, { body: request ? "Somebody new has written to you." : "New message", tag: `sotto ${id}` });
    notification.addEventListener("click", () => {
      window.focus();
      location.assign(address);
    });
    this.#shown.set(id, notification);
  }

  /** Holds the lock while the page is looked at. */
  #look() {
    this.#lookAway?.();
    this.#lookAway = null;
    if (document.visibilityState !== "visible") return;
    for (const notification of this.#shown.values()) notification.close();
    this.#shown.clear();
    /** @type {Promise<void>} */
    const away = new Promise((resolve) => (this.#lookAway = resolve));
    void navigator.locks.request(LOOKED_AT, { mode: "shared" }, () => away);
  }
}

async function isLookedAt() {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === LOOKED_AT);
}
