/** QR codes that are read in this page, from a picture or from the camera. Nothing of either leaves it. */

/** How large, in pixels, the longer side of what is looked at may be: more takes time and finds nothing more. */
const LARGEST = 1600;

/** How long, in milliseconds, a picture is looked at. */
const PATIENCE = 3000;

/** How long, in milliseconds, to wait between two frames. */
const PAUSE = 100;

/**
 * @param {CanvasImageSource} source
 * @param {{width: number, height: number}} size in pixels
 * @returns {ImageData}
 */
function pixels(source, { width, height }) {
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/**
 * @param {ImageData} image
 * @param {import("qr/decode.js").DecodeOpts} [effort]
 * @returns {Promise<string | null>} what the code in it holds; null when there is none
 */
async function decode(image, effort = {}) {
  const { decodeQR } = await import("qr/decode.js");
  try {
    return decodeQR(image, effort);
  } catch {
    return null;
  }
}

/**
 * @param {Blob} file
 * @returns {Promise<{picture: boolean, text: string | null}>} whether it is a picture that the browser can open, and what the code in it
 *   holds, null when there is none
 */
export async function readPicture(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (bitmap === null) return { picture: false, text: null };
  const image = pixels(bitmap, bitmap);
  bitmap.close();
  return { picture: true, text: await decode(image, { effort: Infinity, timeLimit: PATIENCE }) };
}

/** @returns {Promise<boolean>} whether this browser has a camera for this page */
export async function hasCamera() {
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
  return devices?.some(({ kind }) => kind === "videoinput") ?? false;
}

export class Camera {
  #video;
  /** @type {MediaStream | null} */
  #stream = null;
  /** What a scan under way holds; another one after it has been stopped. */
  #turn = {};

  /** @param {HTMLVideoElement} video shows what the camera sees */
  constructor(video) {
    this.#video = video;
  }

  /**
   * Looks through the camera until there is a QR code.
   * @returns {Promise<string | null>} what it holds; null when the camera was switched off before
   * @throws {DOMException} when there is no camera, or it may not be used
   */
  async scan() {
    this.stop();
    const turn = this.#turn;
    try {
      await this.#open(turn);
      for (let text = null; this.#turn === turn; await pause()) {
        text = await this.#frame();
        if (text !== null) return text;
      }
      return null;
    } catch (error) {
      // Switching the camera off breaks off what waits for it.
      if (this.#turn !== turn) return null;
      throw error;
    } finally {
      if (this.#turn === turn) this.stop();
    }
  }

  /** Switches the camera off. */
  stop() {
    this.#turn = {};
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = this.#video.srcObject = null;
  }

  /** @param {object} turn */
  async #open(turn) {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    if (this.#turn !== turn) return stream.getTracks().forEach((track) => track.stop());
    this.#stream = this.#video.srcObject = stream;
    await this.#video.play();
  }

  /** @returns {Promise<string | null>} */
  async #frame() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    return width === 0 ? null : decode(pixels(this.#video, { width, height }));
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE));
