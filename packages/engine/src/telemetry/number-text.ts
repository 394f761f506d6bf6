/** Numbers as text. */

/** Longer is no measurement, and whoever writes a million digits is not to be answered by reading them all. */
const MAX_NUMBER_CHARS = 400;
/** One way to match each text: a second one costs the square of its length where it does not match. */
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** The number that a trimmed text is. NaN for what `Number` also takes but is no measurement: hex, "", Infinity. */
export const numberOfText = (text: string): number =>
  text.length <= MAX_NUMBER_CHARS && NUMBER.test(text) ? Number(text) : Number.NaN;
