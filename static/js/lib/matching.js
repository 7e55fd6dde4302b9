/**
 * Finds what was typed in what was written, whatever its case and its accents, and says where.
 *
 * @typedef {{start: number, end: number}} Span of a text, in UTF-16 code units
 *
 * @typedef {object} Folded a text as it is compared
 * @property {string} text
 * @property {number[]} starts for each code unit of `text`, where what it comes from begins
 * @property {number[]} ends and where that ends
 */

/** Marks that change a letter's look and not which letter it is, and the sign that asks for an emoji's colours. */
const MARKS = /[\u0300-\u036f\ufe0f]/gu;

/** A character with the marks on it. */
const CLUSTERS = /\P{M}\p{M}*|\p{M}+/gu;

/**
 * Over the capitals, so that ß is found by ss, and ς by σ.
 * @param {string} cluster
 */
function foldCluster(cluster) {
  if (/^\s/u.test(cluster)) return " ";
  const plain = cluster.normalize("NFKD").toUpperCase().toLowerCase();
  return plain.normalize("NFKD").replace(MARKS, "").normalize("NFC");
}

/**
 * @param {string} text
 * @returns {Folded}
 */
export function fold(text) {
  /** @type {Folded} */
  const folded = { text: "", starts: [], ends: [] };
  for (const { 0: cluster, index } of text.matchAll(CLUSTERS)) {
    const plain = foldCluster(cluster);
    folded.text += plain;
    for (let unit = 0; unit < plain.length; unit++) {
      folded.starts.push(index);
      folded.ends.push(index + cluster.length);
    }
  }
  return folded;
}

/**
 * @param {string} query as it was typed
 * @returns {string} as it is compared; empty when there is nothing to look for
 */
export function foldQuery(query) {
  return fold(query.trim()).text;
}

/**
 * @param {Folded} folded
 * @param {string} query of `foldQuery`
 * @returns {Span[]} where the query stands, none over another; empty for an empty query
 */
export function findIn({ text, starts, ends }, query) {
  const spans = [];
  for (let at = query === "" ? -1 : text.indexOf(query); at !== -1; at = text.indexOf(query, at + query.length)) {
    spans.push({ start: /** @type {number} */ (starts[at]), end: /** @type {number} */ (ends[at + query.length - 1]) });
  }
  return spans;
}

/** How much of a message is read out around what is found in it, in UTF-16 code units. */
const READ_OUT = 200;

/**
 * A message as it is read out: whole if it is short, else what is around what was found.
 * @param {string} text
 * @param {number} at where that stands
 */
export function excerptOf(text, at) {
  const start = Math.max(0, Math.min(at - READ_OUT / 2, text.length - READ_OUT));
  // A cut through a character leaves half of it.
  const cut = text.slice(start, start + READ_OUT).replace(/\p{Cs}/gu, "").replace(/\s+/gu, " ");
  return `${start > 0 ? "…" : ""}${cut}${start + READ_OUT < text.length ? "…" : ""}`;
}

/**
 * @param {number} hits messages in which the query stands
 * @param {number} place of the one that is shown, counted from the newest: 1, 2…
 */
export function wordsOfHits(hits, place) {
  return hits === 0 ? "Nothing found" : `${place} of ${hits}`;
}

/**
 * What was searched, honestly.
 * @param {number} searched messages
 * @param {boolean} all whether there are no others
 */
export function wordsOfScope(searched, all) {
  const messages = `${searched} message${searched === 1 ? "" : "s"}`;
  return all ? `Searched all ${messages}.` : `Searched ${messages} loaded in this browser.`;
}
