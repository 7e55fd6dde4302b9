//# allFunctionsCalledOnLoad
import { ProtocolError } from "./errors.js";

const MLKEM_VECTOR_BYTES = 1152;
const MLKEM_MODULUS = 3329;
const P = 2n ** 255n - 19n;
const EDWARDS_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const MONTGOMERY_A = 486662n;

/**
 * Refuses an X-Wing public key that no honest X-Wing key generation makes.
 * @param {Uint8Array} key 1,216 bytes: 1,184 ML-KEM-768, then 32 X25519
 * @throws {ProtocolError} `key` for unreduced coefficients (FIPS 203 section 7.2) and for small order (RFC 7748 section 6.1)
 */
export function checkSealingKey(key) {
  if (!isReduced(key.subarray(0, MLKEM_VECTOR_BYTES))) throw new ProtocolError("key", "The ML-KEM key is not reduced.");
  if (hasSmallOrderX25519(key.subarray(1184))) throw new ProtocolError("key", "The X25519 key has small order.");
}

/**
 * Refuses an Ed25519 public key that WebCrypto would take and that proves nothing, or has a second spelling.
 * @param {Uint8Array} key 32 bytes
 * @throws {ProtocolError} `key` for what is not the canonical encoding of a point (RFC 8032 section 5.1.3), and for small order
 */
export function checkSigningKey(key) {
  const y = withoutTopBit(key);
  if (y >= P || !isOnEdwards(y)) throw new ProtocolError("key", "The Ed25519 key is not a point.");
  if (hasSmallOrderEdwards(y)) throw new ProtocolError("key", "The Ed25519 key has small order.");
}

/**
 * @param {Uint8Array} vector coefficients of 12 bits, two in three bytes
 * @returns {boolean}
 */
function isReduced(vector) {
  for (let index = 0; index < vector.length; index += 3) {
    const [a, b, c] = /** @type {[number, number, number]} */ ([...vector.subarray(index, index + 3)]);
    if ((a | ((b & 15) << 8)) >= MLKEM_MODULUS || ((b >> 4) | (c << 4)) >= MLKEM_MODULUS) return false;
  }
  return true;
}

/**
 * Both curves keep the coordinate in 255 bits, little-endian; the top bit is a sign (Ed25519) or ignored (X25519).
 * @param {Uint8Array} bytes 32
 * @returns {bigint}
 */
function withoutTopBit(bytes) {
  return [...bytes].reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) & (2n ** 255n - 1n);
}

/**
 * @param {bigint} y
 * @returns {boolean} whether some x has −x² + y² = 1 + d·x²·y², so whether (y² − 1)·(d·y² + 1) is a square
 */
function isOnEdwards(y) {
  const square = (y * y) % P;
  return power((square - 1n) * (EDWARDS_D * square + 1n), (P - 1n) / 2n) <= 1n;
}

/**
 * Orders 1, 2 and 4 have y² = 1 or y = 0. A point of order 8 doubles to y = 0, so x² = −y², and the curve leaves d·y⁴ + 2·y² = 1.
 * @param {bigint} y of a point of the curve
 * @returns {boolean} whether eight times the point is the neutral element
 */
function hasSmallOrderEdwards(y) {
  const square = (y * y) % P;
  return square === 0n || square === 1n || (EDWARDS_D * square * square + 2n * square) % P === 1n;
}

/**
 * Order 2 has u = 0, order 4 u = 1 (on the twist −1). A point of order 8 doubles to u = 1.
 * @param {Uint8Array} key 32 bytes
 * @returns {boolean} whether X25519 with it gives zeros whatever the scalar
 */
function hasSmallOrderX25519(key) {
  const u = withoutTopBit(key) % P;
  const square = (u * u) % P;
  const doubled = (square - 1n) ** 2n - 4n * u * (square + MONTGOMERY_A * u + 1n);
  return u === 0n || square === 1n || doubled % P === 0n;
}

/**
 * @param {bigint} base
 * @param {bigint} exponent
 * @returns {bigint} base to the exponent, modulo P, not in constant time: public values only
 */
function power(base, exponent) {
  let result = 1n;
  let factor = ((base % P) + P) % P;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % P;
    factor = (factor * factor) % P;
  }
  return result;
}
