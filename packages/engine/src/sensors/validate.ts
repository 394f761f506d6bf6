/** From what a person wrote to a whole `SensorPlan`. */
import { check, checkKeys, isRecord, nearestName } from '../physics/validate.ts';
import { CHANNEL_INDEX, CHANNELS, type ChannelId } from '../telemetry/index.ts';
import {
  type CellTaps,
  type ClockJump,
  type ClockPlan,
  FAULT_KINDS,
  type GatewayPlan,
  type Probes,
  type SamplingPlan,
  type SensorFaultKind,
  type SensorFaultPlan,
  type SensorPlan,
  type Span,
  type ValueSensor,
} from './plan.ts';
import { SENSOR_PRESETS } from './presets.ts';

type Plain = Readonly<Record<string, unknown>>;

const MAX_PROBES = 4096;
const MIN_INTERVAL_S = 0.01;
const MAX_INTERVAL_S = 3600;
const MAX_JUMPS_PER_DAY = 1000;
const VALUE_KEYS =
  'noiseSd resolution t90S offset offsetSd driftSd driftTimeS min max missingShare outlierShare outlierSigma cross';
const PLAN_KEYS =
  'preset deliver without channels cellVoltages probes sampling gateway clock humidityPercent coolantLpm faults noiseFactor missingShare outlierShare outlierSigma';

/** What the sensors of a plan share unless they say otherwise. */
interface SharedDefaults {
  readonly noiseFactor: number;
  readonly missingShare: number;
  readonly outlierShare: number;
  readonly outlierSigma: number;
}

function record(value: unknown, path: string, keys: string): Plain {
  check(isRecord(value), path, 'settings by name', value);
  checkKeys(value, path, keys);
  return value;
}

function number(from: Plain, key: string, path: string, fallback: number, low: number, high: number): number {
  const value = from[key] ?? fallback;
  const isFine = typeof value === 'number' && value >= low && value <= high;
  check(isFine, `${path}.${key}`, `a number${within(low, high)}`, value);
  return value;
}

const ANY = Number.MAX_VALUE;

function within(low: number, high: number): string {
  if (high < ANY) return ` from ${low} to ${high}`;
  return low === -ANY ? '' : ` of at least ${low}`;
}

function span(from: Plain, key: string, path: string, fallback: Span, low: number, high: number): Span {
  return spanOrNull(from, key, path, fallback, low, high) ?? fallback;
}

/** A number, or the lowest and the highest of a range. */
function spanOrNull(
  from: Plain,
  key: string,
  path: string,
  fallback: Span | null,
  low: number,
  high: number,
): Span | null {
  const value = from[key] === undefined ? fallback : from[key];
  if (value === null) return null;
  const pair: unknown[] = Array.isArray(value) ? value : [value, value];
  const isFine =
    pair.length === 2 &&
    pair.every((end) => typeof end === 'number' && end >= low && end <= high) &&
    (pair[0] as number) <= (pair[1] as number);
  check(isFine, `${path}.${key}`, `a number${within(low, high)}, or [lowest, highest] of them`, value);
  return pair as unknown as Span;
}

function numberOrNull(from: Plain, key: string, path: string): number | null {
  const value = from[key] ?? null;
  if (value === null) return null;
  check(typeof value === 'number' && Number.isFinite(value), `${path}.${key}`, 'a number or null', value);
  return value;
}

function texts(value: unknown, path: string): readonly string[] | null {
  if (value === undefined || value === null) return null;
  const isFine = Array.isArray(value) && value.every((item) => typeof item === 'string');
  check(isFine, path, 'a list of names', value);
  return value as readonly string[];
}

function channelNamed(name: string, path: string): ChannelId {
  const known = CHANNELS.map(({ id }) => id);
  const near = nearestName(name, known);
  const hint = near === undefined ? known.join(', ') : `such as ${near}`;
  check(Object.hasOwn(CHANNEL_INDEX, name), path, `a channel, ${hint}`, name);
  return name as ChannelId;
}

function valueSensor(
  from: Plain,
  path: string,
  range: readonly [number, number],
  resolution: number,
  shared: SharedDefaults,
): ValueSensor {
  const crossPlan = from.cross ?? {};
  check(isRecord(crossPlan), `${path}.cross`, 'amounts by channel', crossPlan);
  const cross: Partial<Record<ChannelId, number>> = {};
  for (const name of Object.keys(crossPlan)) {
    const id = channelNamed(name, `${path}.cross.${name}`);
    cross[id] = number(crossPlan, name, `${path}.cross`, 0, -1000, 1000);
  }
  const min = number(from, 'min', path, range[0], -ANY, ANY);
  return {
    noiseSd: number(from, 'noiseSd', path, 0, 0, ANY) * shared.noiseFactor,
    resolution: number(from, 'resolution', path, resolution, 0, ANY),
    t90S: number(from, 't90S', path, 0, 0, 86400),
    offset: number(from, 'offset', path, 0, -ANY, ANY),
    offsetSd: number(from, 'offsetSd', path, 0, 0, ANY),
    driftSd: number(from, 'driftSd', path, 0, 0, ANY),
    driftTimeS: number(from, 'driftTimeS', path, 6 * 3600, 1, ANY),
    min,
    max: number(from, 'max', path, Math.max(min, range[1]), min, ANY),
    missingShare: number(from, 'missingShare', path, shared.missingShare, 0, 1),
    outlierShare: number(from, 'outlierShare', path, shared.outlierShare, 0, 1),
    outlierSigma: number(from, 'outlierSigma', path, shared.outlierSigma, 0, 1e6),
    cross,
  };
}

/** Settings of a list of values: `false` takes it away, `true` is the preset's or the defaults. */
function listOf(given: unknown, preset: unknown, path: string): Plain | null {
  if (given === false || given === null) return null;
  if (given === undefined && preset === undefined) return null;
  const own = given === undefined || given === true ? {} : given;
  check(isRecord(own), path, 'settings by name, true or false', given);
  return { ...(preset as Plain | undefined), ...own };
}

function cellTaps(given: unknown, preset: unknown, path: string, shared: SharedDefaults): CellTaps | null {
  const from = listOf(given, preset, path);
  if (!from) return null;
  checkKeys(from, path, `${VALUE_KEYS} scanS unscanned`);
  return {
    ...valueSensor(from, path, [-6, 20], 0.001, shared),
    scanS: number(from, 'scanS', path, 0, 0, 3600),
    unscanned: numberOrNull(from, 'unscanned', path),
  };
}

function probes(given: unknown, preset: unknown, path: string, shared: SharedDefaults): Probes | null {
  const from = listOf(given, preset, path);
  if (!from) return null;
  checkKeys(from, path, `${VALUE_KEYS} scanS unscanned count deliver cells shareToCase t90Factor`);
  const { deliver = 'list', cells = null } = from;
  const known = deliver === 'list' || deliver === 'summary' || deliver === 'both';
  check(known, `${path}.deliver`, 'list, summary or both', deliver);
  const areCells = Array.isArray(cells) && cells.every((cell) => Number.isInteger(cell) && cell >= 0);
  check(cells === null || areCells, `${path}.cells`, 'a list of cells counted from 0', cells);
  const count = number(from, 'count', path, areCells ? (cells as unknown[]).length : 1, 1, MAX_PROBES);
  check(Number.isInteger(count), `${path}.count`, 'a whole number', count);
  check(!areCells || (cells as unknown[]).length === count, `${path}.cells`, `${count} cells`, cells);
  return {
    ...valueSensor(from, path, [-55, 1250], 0.1, shared),
    scanS: number(from, 'scanS', path, 0, 0, 3600),
    unscanned: numberOrNull(from, 'unscanned', path),
    count,
    deliver,
    cells: cells as readonly number[] | null,
    shareToCase: span(from, 'shareToCase', path, [0, 0.3], 0, 1),
    t90Factor: span(from, 't90Factor', path, [1, 1], 0, 1000),
  };
}

function sampling(value: unknown, preset: unknown, path: string): SamplingPlan {
  const from = { ...(preset as Plain), ...record(value ?? {}, path, 'intervalS jitterS') };
  return {
    intervalS: spanOrNull(from, 'intervalS', path, null, MIN_INTERVAL_S, MAX_INTERVAL_S),
    jitterS: number(from, 'jitterS', path, 0, 0, MAX_INTERVAL_S),
  };
}

function gateway(value: unknown, preset: unknown, path: string): GatewayPlan {
  const keys = 'dropoutsPerDay dropoutS restartChance lateShare lateS';
  const from = { ...(preset as Plain), ...record(value ?? {}, path, keys) };
  return {
    dropoutsPerDay: number(from, 'dropoutsPerDay', path, 0, 0, 10_000),
    dropoutS: span(from, 'dropoutS', path, [10, 120], 0, ANY),
    restartChance: number(from, 'restartChance', path, 0, 0, 1),
    lateShare: number(from, 'lateShare', path, 0, 0, 1),
    lateS: span(from, 'lateS', path, [1, 30], 0, ANY),
  };
}

function clock(value: unknown, preset: unknown, path: string): ClockPlan {
  const keys = 'offsetS driftPpm jumps jumpsPerDay jumpS resolutionS';
  const from = { ...(preset as Plain), ...record(value ?? {}, path, keys) };
  const { jumps = [] } = from;
  check(Array.isArray(jumps), `${path}.jumps`, 'a list of {atS, byS}', jumps);
  return {
    offsetS: number(from, 'offsetS', path, 0, -1e9, 1e9),
    driftPpm: number(from, 'driftPpm', path, 0, -1e5, 1e5),
    jumps: jumps.map((jump: unknown, i): ClockJump => {
      const place = `${path}.jumps[${i}]`;
      const own = record(jump, place, 'atS byS');
      return { atS: number(own, 'atS', place, 0, 0, ANY), byS: number(own, 'byS', place, 0, -1e9, 1e9) };
    }),
    jumpsPerDay: number(from, 'jumpsPerDay', path, 0, 0, MAX_JUMPS_PER_DAY),
    jumpS: span(from, 'jumpS', path, [-60, 60], -1e9, 1e9),
    resolutionS: number(from, 'resolutionS', path, 0.001, 0.001, 3600),
  };
}

const FAULT_CHANNEL = /^(any|(cell_voltages_v|cell_temperatures_degc)(\[[1-9]\d*\])?)$/;
const DEFAULT_BY: Readonly<Record<SensorFaultKind, Span>> = {
  stuck: [0, 0],
  offset: [-2, 2],
  drifting: [-1, 1],
  noisy: [5, 20],
  loose: [0.3, 0.8],
  open: [0, 0],
  saturated: [0, 0],
  missing: [0, 0],
  silent: [0, 0],
};

function fault(value: unknown, path: string): SensorFaultPlan {
  const from = record(value, path, 'kind channel modules chance atS above forS by reads');
  const { kind, channel = 'any' } = from;
  const isKnown = FAULT_KINDS.some((known) => known === kind);
  check(isKnown, `${path}.kind`, `one of ${FAULT_KINDS.join(', ')}`, kind);
  check(typeof channel === 'string', `${path}.channel`, 'the name of a channel', channel);
  if (!FAULT_CHANNEL.test(channel)) channelNamed(channel, `${path}.channel`);
  return {
    kind: kind as SensorFaultKind,
    channel,
    modules: texts(from.modules, `${path}.modules`),
    chance: number(from, 'chance', path, 1, 0, 1),
    atS: spanOrNull(from, 'atS', path, null, 0, ANY),
    above: numberOrNull(from, 'above', path),
    forS: spanOrNull(from, 'forS', path, null, 0, ANY),
    by: span(from, 'by', path, DEFAULT_BY[kind as SensorFaultKind], -ANY, ANY),
    reads: numberOrNull(from, 'reads', path),
  };
}

function channels(plan: Plain, preset: Plain, path: string, shared: SharedDefaults): SensorPlan['channels'] {
  const own = plan.channels ?? {};
  check(isRecord(own), `${path}.channels`, 'settings by channel', own);
  const base = preset.channels as Readonly<Record<string, Plain>>;
  const deliver = texts(plan.deliver, `${path}.deliver`);
  const without = texts(plan.without, `${path}.without`);
  for (const [list, key] of [
    [deliver, 'deliver'],
    [without, 'without'],
  ] as const)
    list?.forEach((name, i) => void channelNamed(name, `${path}.${key}[${i}]`));
  for (const name of Object.keys(own)) channelNamed(name, `${path}.channels.${name}`);
  const found: Partial<Record<ChannelId, ValueSensor>> = {};
  for (const { id, plausibleMin, plausibleMax, resolution } of CHANNELS) {
    const given = own[id];
    const isWanted = deliver === null ? id in base || given !== undefined : deliver.includes(id);
    if (!isWanted || given === false || without?.includes(id)) continue;
    const place = `${path}.channels.${id}`;
    const settings = given === undefined || given === true ? {} : record(given, place, VALUE_KEYS);
    found[id] = valueSensor(
      { ...base[id], ...settings },
      place,
      [plausibleMin, plausibleMax],
      resolution,
      shared,
    );
  }
  return found;
}

/**
 * Checks a plain object (`{preset: rack, …}`; nothing is the preset `rack`) and fills in every default. Throws
 * `ScenarioError` with the path and the value.
 */
export function validateSensorPlan(value: unknown, path = 'sensors'): SensorPlan {
  const plan = record(value ?? {}, path, PLAN_KEYS);
  const name = plan.preset ?? 'rack';
  const isKnown = typeof name === 'string' && Object.hasOwn(SENSOR_PRESETS, name);
  check(isKnown, `${path}.preset`, `one of ${Object.keys(SENSOR_PRESETS).join(', ')}`, name);
  const preset = SENSOR_PRESETS[name]!;
  const both = { ...preset, ...plan };
  const shared: SharedDefaults = {
    noiseFactor: number(both, 'noiseFactor', path, 1, 0, 1e6),
    missingShare: number(both, 'missingShare', path, 0, 0, 1),
    outlierShare: number(both, 'outlierShare', path, 0, 0, 1),
    outlierSigma: number(both, 'outlierSigma', path, 7, 0, 1e6),
  };
  const { faults = [] } = plan;
  check(Array.isArray(faults), `${path}.faults`, 'a list', faults);
  const delivered = channels(plan, preset, path, shared);
  return {
    preset: name,
    deliver: Object.keys(delivered) as ChannelId[],
    channels: delivered,
    cellVoltages: cellTaps(plan.cellVoltages, preset.cellVoltages, `${path}.cellVoltages`, shared),
    probes: probes(plan.probes, preset.probes, `${path}.probes`, shared),
    sampling: sampling(plan.sampling, preset.sampling, `${path}.sampling`),
    gateway: gateway(plan.gateway, preset.gateway, `${path}.gateway`),
    clock: clock(plan.clock, preset.clock, `${path}.clock`),
    humidityPercent: number(plan, 'humidityPercent', path, 50, 0, 100),
    coolantLpm: number(plan, 'coolantLpm', path, 10, 0, ANY),
    faults: faults.map((entry: unknown, i) => fault(entry, `${path}.faults[${i}]`)),
  };
}
