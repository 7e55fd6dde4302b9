/** Inputs that nobody makes: valid objects with something done to them. */

import fc from "fast-check";

import { concat } from "../../static/js/crypto/bytes.js";
import { anyBytes, anyText } from "./helpers.js";

/** @typedef {import("../../static/js/crypto/bytes.js").Bytes} Bytes */
/** @typedef {{at: number, width: number}} Length where a length stands in an object, and in how many bytes */

/** @typedef {(bytes: Bytes) => Bytes} Mutation */

const place = fc.nat(2 ** 31 - 1);
const fewBytes = anyBytes({ minLength: 1, maxLength: 64 });

/** Integers that a field of so many bytes can only just hold. */
const extremes = fc.constantFrom(
  ...[1, 2, 4, 8].flatMap((width) => [0n, 1n, 2n ** BigInt(8 * width) - 1n, 2n ** BigInt(8 * width) - 2n, 2n ** 53n].map((value) => ({ width, value }))),
);

/**
 * @param {bigint} value
 * @param {number} width in bytes
 * @returns {Bytes} big-endian
 */
function integer(value, width) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes.slice(8 - width);
}

/**
 * @param {Bytes} bytes
 * @param {number} at
 * @param {Bytes} put in the place of as many, or of `taken`
 * @param {number} [taken]
 */
const replaced = (bytes, at, put, taken = put.length) => concat(bytes.slice(0, at), put, bytes.slice(at + taken));

/**
 * @param {Bytes[]} valid
 * @param {Length[]} lengths
 * @returns {fc.Arbitrary<Mutation>}
 */
function mutations(valid, lengths) {
  const flips = fc.tuple(place, fc.nat(7)).map(([at, bit]) => (/** @type {Bytes} */ bytes) => flipped(bytes, at % (bytes.length || 1), bit));
  const cuts = place.map((at) => (/** @type {Bytes} */ bytes) => bytes.slice(0, at % (bytes.length + 1)));
  const extensions = fewBytes.map((more) => (/** @type {Bytes} */ bytes) => concat(bytes, more));
  const splices = fc
    .tuple(place, fewBytes, fc.nat(64))
    .map(([at, put, taken]) => (/** @type {Bytes} */ bytes) => replaced(bytes, at % (bytes.length + 1), put, taken));
  const crossings = fc.tuple(place, fc.constantFrom(...valid)).map(([at, other]) => (/** @type {Bytes} */ bytes) => crossed(bytes, other, at));
  const integers = fc
    .tuple(place, extremes)
    .map(([at, { width, value }]) => (/** @type {Bytes} */ bytes) => replaced(bytes, at % (Math.min(bytes.length, 200) + 1), integer(value, width)));
  const lies = lengths.map(({ at, width }) =>
    extremes.map(({ value }) => (/** @type {Bytes} */ bytes) => replaced(bytes, at, integer(value, width))),
  );
  return fc.oneof(flips, cuts, extensions, splices, crossings, integers, ...lies);
}

/**
 * @param {Bytes} bytes
 * @param {number} at
 * @param {number} bit
 */
function flipped(bytes, at, bit) {
  const copy = bytes.slice();
  if (at < copy.length) copy[at] = Number(copy[at]) ^ (1 << bit);
  return copy;
}

/**
 * The beginning of one and the end of the other.
 * @param {Bytes} one
 * @param {Bytes} other
 * @param {number} at
 */
function crossed(one, other, at) {
  const cut = at % (one.length + 1);
  return concat(one.slice(0, cut), other.slice(cut));
}

/**
 * Valid objects with one to four things done to them, and now and then random bytes.
 * @param {Bytes[]} valid
 * @param {Length[]} [lengths]
 * @returns {fc.Arbitrary<Bytes>}
 */
export function mutated(valid, lengths = []) {
  const changed = fc
    .tuple(fc.constantFrom(...valid), fc.array(mutations(valid, lengths), { minLength: 1, maxLength: 4 }))
    .map(([bytes, list]) => list.reduce((found, mutate) => mutate(found), bytes));
  return fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: anyBytes({ maxLength: 3000 }) });
}

/**
 * Whatever JSON can hold: where an answer of the server is read.
 * @param {Record<string, unknown>} valid an answer that is right
 * @returns {fc.Arbitrary<unknown>} it, with some of its values others, or gone; or anything at all
 */
export function mutatedJson(valid) {
  // Few characters: fast-check's own units take a second to build.
  const anything = fc.jsonValue({ maxDepth: 3, stringUnit: fc.constantFrom("a", "0", "-", "é", "🙂", "\ud800") });
  const values = fc.oneof(anything, fc.constantFrom(null, -1, 0, 0.5, 1e21, 2 ** 53, "", "__proto__", [], {}));
  const some = fc.dictionary(fc.constantFrom(...Object.keys(valid)), fc.oneof(values, fc.constant(undefined)));
  return fc.oneof({ weight: 4, arbitrary: some.map((changes) => ({ ...valid, ...changes })) }, { weight: 1, arbitrary: values });
}

/**
 * A text with something else in it.
 * @param {string[]} valid
 */
export function mutatedText(valid) {
  const parts = fc.tuple(fc.constantFrom(...valid), place, anyText({ maxLength: 3 }), fc.nat(3));
  return parts.map(([text, at, put, taken]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + put + text.slice(start + taken);
  });
}

/**
 * The longest byte strings that are asked for while something is done: an array by its length, a copy, a part.
 * @param {() => unknown} work may throw, or reject
 * @returns {Promise<number>} bytes
 */
export async function largestAllocation(work) {
  const { Uint8Array: real } = globalThis;
  const { slice } = real.prototype;
  let largest = 0;
  /** @param {Uint8Array} made */
  const noted = (made) => {
    largest = Math.max(largest, made.byteLength);
    return made;
  };
  globalThis.Uint8Array = new Proxy(real, { construct: (target, given) => noted(Reflect.construct(target, given)) });
  real.prototype.slice = function (...given) {
    return /** @type {Bytes} */ (noted(slice.apply(this, given)));
  };
  try {
    await work();
  } catch {
    // What it throws is another test's.
  } finally {
    globalThis.Uint8Array = real;
    real.prototype.slice = slice;
  }
  return largest;
}
