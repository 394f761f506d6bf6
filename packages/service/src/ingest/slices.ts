/** How large one slice of work is (`Turns`): some ten milliseconds. */
import type { Frame } from '@emberwatch/engine/telemetry';

/** Of a body that is decoded. */
export const SLICE_BYTES = 16 * 1024;
/** Frames that are evaluated, or records that are decoded. */
export const SLICE_FRAMES = 500;
/** So many cells are as much work as a frame without any. */
const CELLS_OF_FRAME = 32;

/** Work of evaluating it, in frames without cells. */
export const weightOf = ({ cellVoltagesV, cellTemperaturesDegC }: Frame): number =>
  1 + ((cellVoltagesV?.length ?? 0) + (cellTemperaturesDegC?.length ?? 0)) / CELLS_OF_FRAME;
