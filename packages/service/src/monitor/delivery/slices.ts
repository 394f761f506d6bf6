/** How large one slice of work is (`Turns`): some ten milliseconds. */
import type { Frame } from '@emberwatch/engine/telemetry';

/** Of a body that is decoded. */
export const SLICE_BYTES = 16 * 1024;
/** Frames that are evaluated, or records that are decoded. */
export const SLICE_FRAMES = 500;
/** So many cells are as much work as a frame without any. */
const CELLS_OF_FRAME = 32;

/** The first frame of a module is as much work as so many of one that is known (measured). */
const FRAMES_OF_NEW_MODULE = 15;

/** Work of evaluating it, in frames without cells of a known module. */
export const weightOf = ({ cellVoltagesV, cellTemperaturesDegC }: Frame, isNew: boolean): number =>
  (isNew ? FRAMES_OF_NEW_MODULE : 1) +
  ((cellVoltagesV?.length ?? 0) + (cellTemperaturesDegC?.length ?? 0)) / CELLS_OF_FRAME;
