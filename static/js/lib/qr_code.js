/** QR codes that this page draws: black on white in any colour scheme, with the margin that cameras need. */

import { encodeQR } from "qr";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 4;

/** How many pixels of a saved picture a module is wide. */
const SCALE = 12;

/**
 * @param {string} text
 * @returns {boolean[][]} rows of modules, true for a dark one, the margin with them
 */
const modules = (text) => encodeQR(text, "raw", { ecc: "medium", border: MARGIN });

/**
 * Where the dark modules of a code are.
 * @param {string} text
 * @returns {{size: number, dark: {x: number, y: number}[]}} in modules
 */
function layOut(text) {
  const rows = modules(text);
  const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [{ x, y }] : [])));
  return { size: rows.length, dark };
}

/**
 * Draws a code into an <svg>, in place of what it has.
 * @param {SVGSVGElement} svg
 * @param {string} text
 */
export function showCode(svg, text) {
  const { size, dark } = layOut(text);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", dark.map(({ x, y }) => `M${x} ${y}h1v1h-1z`).join(""));
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.replaceChildren(path);
}

/**
 * @param {string} text
 * @returns {Promise<Blob>} a PNG
 */
export async function codePicture(text) {
  const { size, dark } = layOut(text);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * SCALE;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "black";
  for (const { x, y } of dark) context.fillRect(x * SCALE, y * SCALE, SCALE, SCALE);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(/** @type {Blob} */ (blob)), "image/png"));
}
