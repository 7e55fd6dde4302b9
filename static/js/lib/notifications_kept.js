//# allFunctionsCalledOnLoad
/** Whether this browser was asked to tell of new messages: it keeps that until somebody signs out. */

const KEPT = "sotto-notifications";

/** @returns {boolean} whether this browser was asked to tell, and may */
export function notificationsAreOn() {
  return "Notification" in window && Notification.permission === "granted" && localStorage.getItem(KEPT) !== null;
}

/** Keeps that this browser was asked to. */
export function keepNotificationsOn() {
  localStorage.setItem(KEPT, "on");
}

/** Has this browser tell no more. */
export function turnNotificationsOff() {
  localStorage.removeItem(KEPT);
}
