/**
 * Frames changed on their way to the detector: what a site does not have, and what its sensors do badly. Training
 * hides channels with it, evaluation shows what the loss costs.
 */
import { createRandom, type Random } from '@emberwatch/engine/random';
import {
  CHANNEL_INDEX,
  CHANNELS,
  type ChannelId,
  type Frame,
  type Nameplate,
  newFrame,
} from '@emberwatch/engine/telemetry';
import { MS_PER_H, MS_PER_S } from '@emberwatch/engine/units';

export const CHANNEL_GROUPS = {
  current: ['current_a'],
  'state of charge': ['soc_percent'],
  gas: ['co_ppm', 'h2_ppm', 'voc_ppm'],
  ambient: ['ambient_temperature_degc', 'humidity_percent', 'coolant_flow_lpm'],
  cells: ['cell_voltage_min_v', 'cell_voltage_max_v', 'cell_voltage_mean_v'],
  probes: ['surface_temperature_mean_degc', 'surface_temperature_min_degc'],
  voltage: ['voltage_v', 'cell_voltage_min_v', 'cell_voltage_max_v', 'cell_voltage_mean_v'],
  temperature: [
    'surface_temperature_mean_degc',
    'surface_temperature_max_degc',
    'surface_temperature_min_degc',
  ],
  siblings: [],
  nameplate: [],
} as const satisfies Record<string, readonly ChannelId[]>;
export type ChannelGroup = keyof typeof CHANNEL_GROUPS;

export interface Perturbation {
  readonly name: string;
  nameplate(given: Nameplate): Nameplate;
  /** Changes the frame; false where it never arrives. */
  apply(frame: Frame): boolean;
}

const asIs = (given: Nameplate): Nameplate => given;

/** Hides groups of channels, as where they were never measured. */
export function without(groups: readonly ChannelGroup[]): Perturbation {
  const hidden = groups.flatMap((group) => CHANNEL_GROUPS[group].map((id) => CHANNEL_INDEX[id]));
  const has = (group: ChannelGroup): boolean => groups.includes(group);
  const [hidesCells, hidesProbes] = [has('cells') || has('voltage'), has('probes') || has('temperature')];
  const hottest = CHANNEL_INDEX.surface_temperature_max_degc;
  return {
    name: `without ${groups.join(', ')}`,
    nameplate: has('nameplate') ? () => ({}) : asIs,
    apply: (frame) => {
      const { values } = frame;
      // Where only probes or a mean tell the temperature, the hottest stays: one thermocouple.
      if (has('probes') && !has('temperature') && Number.isNaN(values[hottest]!))
        values[hottest] = hottestProbe(frame);
      for (const index of hidden) values[index] = Number.NaN;
      if (hidesCells) frame.cellVoltagesV = null;
      if (hidesProbes) frame.cellTemperaturesDegC = null;
      if (has('siblings')) frame.rackId = null;
      return true;
    },
  };
}

function hottestProbe({ values, cellTemperaturesDegC }: Frame): number {
  let hottest = values[CHANNEL_INDEX.surface_temperature_mean_degc]!;
  for (const value of cellTemperaturesDegC ?? []) if (!(value <= hottest)) hottest = value;
  return hottest;
}

const TEMPERATURES = CHANNELS.flatMap(({ unit }, index) => (unit === 'degC' ? [index] : []));

/** Adds to every temperature of the module, not to the air. */
export function warmer(offsetK: number): Perturbation {
  const own = TEMPERATURES.filter((index) => index !== CHANNEL_INDEX.ambient_temperature_degc);
  return {
    name: `surface temperatures ${offsetK > 0 ? '+' : ''}${offsetK} K`,
    nameplate: asIs,
    apply: ({ values, cellTemperaturesDegC }) => {
      for (const index of own) values[index]! += offsetK;
      if (cellTemperaturesDegC)
        for (let i = 0; i < cellTemperaturesDegC.length; i++) cellTemperaturesDegC[i]! += offsetK;
      return true;
    },
  };
}

/** Usual noise of field sensors, as standard deviations; of voltages and currents relative to the value. */
const USUAL_NOISE = { degC: 0.1, share: 0.0005, ppm: 1 } as const;

/** Noise added so that the whole is `factor` times the usual. */
export function noisier(factor: number, seed: number): Perturbation {
  const random: Random = createRandom(seed, 'noise');
  const added = Math.sqrt(factor * factor - 1);
  const spreadOf = (unit: string, value: number): number => {
    if (unit === 'degC') return added * USUAL_NOISE.degC;
    return added * (unit === 'ppm' ? USUAL_NOISE.ppm : USUAL_NOISE.share * Math.abs(value));
  };
  const disturb = (values: Float64Array, unitOf: (i: number) => string): void => {
    for (let i = 0; i < values.length; i++)
      if (!Number.isNaN(values[i]!)) values[i]! += spreadOf(unitOf(i), values[i]!) * random.normal();
  };
  return {
    name: `noise × ${factor}`,
    nameplate: asIs,
    apply: ({ values, cellVoltagesV, cellTemperaturesDegC }) => {
      disturb(values, (i) => CHANNELS[i]!.unit);
      if (cellVoltagesV) disturb(cellVoltagesV, () => 'V');
      if (cellTemperaturesDegC) disturb(cellTemperaturesDegC, () => 'degC');
      return true;
    },
  };
}

/** A frame of a module at most every `intervalS`. */
export function rarer(intervalS: number): Perturbation {
  const last = new Map<string, number>();
  return {
    name: `a frame every ${intervalS} s`,
    nameplate: asIs,
    apply: ({ moduleId, timeMs }) => {
      if (timeMs - (last.get(moduleId) ?? Number.NEGATIVE_INFINITY) < intervalS * MS_PER_S - 0.5)
        return false;
      last.set(moduleId, timeMs);
      return true;
    },
  };
}

/** Frames lost at random. */
export function lossy(share: number, seed: number): Perturbation {
  const random = createRandom(seed, 'loss');
  return {
    name: `${Math.round(share * 100)} % of frames lost`,
    nameplate: asIs,
    apply: () => random.uniform() >= share,
  };
}

/** The clock leaps ahead once an hour and stays ahead. */
export function leapingClock(leapS: number): Perturbation {
  let startMs = Number.NaN;
  return {
    name: `clock leaps ${leapS} s ahead every hour`,
    nameplate: asIs,
    apply: (frame) => {
      if (Number.isNaN(startMs)) startMs = frame.timeMs;
      frame.timeMs += Math.floor((frame.timeMs - startMs) / MS_PER_H) * leapS * MS_PER_S;
      return true;
    },
  };
}

/** One after the other. */
export const inTurn = (name: string, changes: readonly Perturbation[]): Perturbation => ({
  name,
  nameplate: (given) => changes.reduce((plate, change) => change.nameplate(plate), given),
  apply: (frame) => changes.every((change) => change.apply(frame)),
});

/** Copies a frame into another, so that the first stays as it was. */
export function copyFrame(from: Frame, to: Frame): Frame {
  to.moduleId = from.moduleId;
  to.rackId = from.rackId;
  to.timeMs = from.timeMs;
  to.impossible = from.impossible;
  to.values.set(from.values);
  to.cellVoltagesV = copyArray(from.cellVoltagesV, to.cellVoltagesV);
  to.cellTemperaturesDegC = copyArray(from.cellTemperaturesDegC, to.cellTemperaturesDegC);
  return to;
}

function copyArray(from: Float64Array | null, to: Float64Array | null): Float64Array | null {
  if (from === null) return null;
  if (to?.length !== from.length) return from.slice();
  to.set(from);
  return to;
}

export const spareFrame = (): Frame => newFrame('');
