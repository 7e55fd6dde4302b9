/** Messages that are nothing but a few emoji: they are shown large. */

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const EMOJI = /^(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Regional_Indicator}{2})/u;

const MOST = 3;
/** A family with skin tones has 41 code units: a text that is longer than a few of these need not be looked at. */
const LONGEST = 150;

/**
 * @param {string} text
 * @returns {boolean} whether it is one emoji to three, and nothing else but spaces
 */
export function isEmojiOnly(text) {
  if (text.length > LONGEST) return false;
  const parts = [...segmenter.segment(text.replace(/\s/gu, ""))];
  return parts.length > 0 && parts.length <= MOST && parts.every(({ segment }) => EMOJI.test(segment));
}
