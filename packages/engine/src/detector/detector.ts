/** Frames in, verdicts out. */
import type { Frame, Nameplate } from '../telemetry/index.ts';
import type { DetectorSink, SensorFault, Verdict } from './verdict.ts';

export interface DetectorOptions {
  readonly sink?: DetectorSink;
  readonly nameplate?: Nameplate;
  /** Expected time between frames, ms; found out where absent. */
  readonly intervalMs?: number;
}

export class Detector {
  constructor(_options: DetectorOptions = {}) {}
  /** Judges one frame. Frames of a module come in rising time. Takes a copy of what it needs. */
  observe(_frame: Frame): void {
    throw new Error('not yet');
  }
  /** Tells the detector that time has passed without frames: silence becomes `unknown`. */
  advance(_timeMs: number): void {
    throw new Error('not yet');
  }
  /** The verdict of a module as of its last frame, or undefined for a module never seen. */
  verdict(_moduleId: string): Verdict | undefined {
    throw new Error('not yet');
  }
  moduleIds(): Iterable<string> {
    throw new Error('not yet');
  }
  /** Faults that last. */
  sensorFaults(): readonly SensorFault[] {
    throw new Error('not yet');
  }
  /** Ends the run: closes open sensor faults. */
  finish(): void {
    throw new Error('not yet');
  }
}
