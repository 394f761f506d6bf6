import type { Frame } from '@emberwatch/engine/telemetry';

/** A frame of a delivery. */
export interface BatchItem {
  readonly frame: Frame;
  line: number;
  /** As it was delivered, where the frame is evaluated at another time; NaN: at its own. */
  stampMs: number;
  /** Order in the batch: its time, or that of an earlier one that follows it. */
  orderMs: number;
  /** Rows of the delivery that it is made of. */
  rows: number;
}
