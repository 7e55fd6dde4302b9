/** Comparing safety numbers by their QR codes: by camera, or by pictures that two people send each other. */

import { safetyCode } from "../crypto/safety.js";
import { byId, showError } from "./page.js";
import { codePicture } from "./qr_code.js";
import { Camera, hasCamera, readPicture } from "./qr_reader.js";
import { compareCode, comparisonWords } from "./safety_compare.js";

const NO_PICTURE = "This file is not a picture that your browser can open.";
const NO_CODE = "There is no QR code in this picture, or it cannot be made out.";
const NO_CAMERA = "Your browser does not let Sotto use the camera. Allow it, or compare by picture.";

/**
 * @typedef {object} Scanning
 * @property {string} number the 60 digits that this browser has computed
 * @property {string} name the other person's
 * @property {() => void} matched called after a code was found to be the same
 */

/**
 * Lets the buttons of templates/contacts/person.html work.
 * @param {Scanning} scanning
 */
export async function startScanning(scanning) {
  startPictures(scanning);
  if (await hasCamera()) startCamera(scanning);
}

/** @param {Scanning} scanning */
function startPictures(scanning) {
  const picture = byId("picture", HTMLInputElement);
  byId("open-picture").addEventListener("click", () => picture.click());
  picture.addEventListener("change", async () => {
    const [file] = picture.files ?? [];
    if (file === undefined) return;
    const { picture: isPicture, text } = await readPicture(file);
    if (text !== null) say(scanning, text);
    else tell(isPicture ? NO_CODE : NO_PICTURE, "alert");
    // So that the same file can be chosen once more.
    picture.value = "";
  });
  byId("save-picture").addEventListener("click", () => save(scanning));
}

/** @param {Scanning} scanning */
function startCamera(scanning) {
  const [scan, stop, video] = [byId("scan"), byId("stop"), byId("camera", HTMLVideoElement)];
  const camera = new Camera(video);
  scan.addEventListener("click", async () => {
    tell("", "notice");
    show(true);
    const text = await camera.scan().catch(() => tell(NO_CAMERA, "alert"));
    show(false);
    scan.focus();
    if (text) say(scanning, text);
  });
  stop.addEventListener("click", () => camera.stop());
  addEventListener("pagehide", () => camera.stop());
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && camera.stop());
  show(false);

  /** @param {boolean} on */
  function show(on) {
    video.hidden = stop.hidden = !on;
    scan.hidden = on;
    if (on) stop.focus();
  }
}

/**
 * Says what a code means.
 * @param {Scanning} scanning
 * @param {string} text what it holds
 */
function say({ number, name, matched }, text) {
  const comparison = compareCode(text, number);
  tell(comparisonWords(comparison, name), comparison === "same" ? "notice" : "alert");
  if (comparison === "same") matched();
}

/**
 * @param {string} words
 * @param {"notice" | "alert"} look
 */
function tell(words, look) {
  const outcome = byId("outcome");
  outcome.className = look;
  showError(outcome, words);
}

/** @param {Scanning} scanning */
async function save({ number, name }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await codePicture(safetyCode(number)));
  link.download = `sotto-safety-number-${name}.png`;
  link.click();
  URL.revokeObjectURL(link.href);
  byId("verdict").textContent = `Saved as ${link.download}.`;
}
