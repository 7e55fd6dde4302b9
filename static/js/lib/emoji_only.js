//# allFunctionsCalledOnLoad
/** Messages that are nothing but a few emoji: they are shown large. */

const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Regional_Indicator}{2})/u;

/** @type {Intl.Segmenter | null} made when a text begins like that: it is slow to make */
let segmenter = null;

const MOST = 3;
/** A family with skin tones has 41 code units: a text that is longer than a few of these need not be looked at. */
const LONGEST = 150;

/**
 * @param {string} text
 * @returns {boolean} whether it is one emoji to three, and nothing else but spaces
 */
export function isEmojiOnly(text) {
  const dense = text.length > LONGEST ? "" : text.replace(/\s/gu, "");
  if (!EMOJI.test(dense)) return false;
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const parts = [...segmenter.segment(dense)];
  return parts.length <= MOST && parts.every(({ segment }) => EMOJI.test(segment));
}
