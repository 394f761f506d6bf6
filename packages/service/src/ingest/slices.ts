/** How large one slice of work is (`Turns`). */

/** Of a body that is decoded: a few milliseconds. */
export const SLICE_BYTES = 64 * 1024;
/** Frames that are evaluated, or records that are decoded: some ten milliseconds. */
export const SLICE_FRAMES = 500;
