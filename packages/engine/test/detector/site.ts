/** A calm module that a test disturbs: time-stepped stories for the detector. */
import {
  Detector,
  type DetectorOptions,
  type LevelChange,
  type SensorFault,
} from '../../src/detector/index.ts';
import { CHANNEL_INDEX, type ChannelId, type Frame, newFrame } from '../../src/telemetry/index.ts';

export type Measured = Partial<Record<ChannelId, number>> & {
  cellsV?: number[];
  probesDegC?: number[];
  /** Channels whose value was refused at the door. */
  impossible?: ChannelId[];
};

export interface RecordedHistory {
  readonly changes: LevelChange[];
  readonly faults: SensorFault[];
  readonly detector: Detector;
}

/** Same numbers on every machine, between -1 and 1. */
export function noise(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

export function frameOf(
  moduleId: string,
  timeS: number,
  measured: Measured,
  rackId: string | null = null,
): Frame {
  const { cellsV, probesDegC, impossible, ...channels } = measured;
  const frame = newFrame(moduleId, rackId, timeS * 1000);
  for (const [id, value] of Object.entries(channels)) frame.values[CHANNEL_INDEX[id as ChannelId]] = value;
  for (const id of impossible ?? []) frame.impossible |= 1 << CHANNEL_INDEX[id];
  if (cellsV) frame.cellVoltagesV = Float64Array.from(cellsV);
  if (probesDegC) frame.cellTemperaturesDegC = Float64Array.from(probesDegC);
  return frame;
}

/** Plays one module from 0 to `endS`; `measure` returns null where no frame comes. */
export function play(
  endS: number,
  stepS: number,
  measure: (timeS: number) => Measured | null,
  options: Omit<DetectorOptions, 'sink'> = {},
): RecordedHistory {
  return playMany(endS, stepS, { module: measure }, options);
}

/** The same for several modules of one rack. */
export function playMany(
  endS: number,
  stepS: number,
  modules: Record<string, (timeS: number) => Measured | null>,
  options: Omit<DetectorOptions, 'sink'> = {},
  rackId: string | null = 'rack',
): RecordedHistory {
  const changes: LevelChange[] = [];
  const faults: SensorFault[] = [];
  const sink = {
    change: (c: LevelChange) => changes.push(c),
    sensorFault: (f: SensorFault) => faults.push(f),
  };
  const detector = new Detector({ ...options, sink });
  for (let i = 0; i * stepS <= endS; i++) {
    const timeS = i * stepS;
    detector.advance(timeS * 1000);
    for (const [moduleId, measure] of Object.entries(modules)) {
      const measured = measure(timeS);
      if (measured) detector.observe(frameOf(moduleId, timeS, measured, rackId));
    }
  }
  detector.finish();
  return { changes, faults, detector };
}

/** `normal@4 warning@120`: levels reached and when, s. */
export const story = (reported: RecordedHistory, moduleId = 'module'): string =>
  reported.changes
    .filter((change) => change.moduleId === moduleId)
    .map(({ to, timeMs }) => `${to}@${Math.round(timeMs / 1000)}`)
    .join(' ');

/** Time of the first change to this level, s; Infinity where it never came. */
export const firstS = (reported: RecordedHistory, level: string): number =>
  (reported.changes.find(({ to }) => to === level)?.timeMs ?? Number.POSITIVE_INFINITY) / 1000;

export const rulesAt = (reported: RecordedHistory, level: string): string[] =>
  reported.changes.find(({ to }) => to === level)?.reasons.map(({ rule }) => rule) ?? [];
