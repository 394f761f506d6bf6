/** What breaks on a sensor: bent before the noise, or replaced after it. */
import { createRandom, type Random } from '../random.ts';
import type { SensorFaultPlan, SensorPlan, ValueSensor } from './plan.ts';
import { drawn, type Rows } from './rows.ts';

const S_PER_H = 3600;

/** A fault of one sensor, drawn. */
export interface Break {
  /** Changes what the sensor feels, shape [rows], in its unit. */
  bend(out: Float64Array, sensor: ValueSensor): void;
  /** Changes what it delivers. */
  replace(out: Float64Array, sensor: ValueSensor): void;
}

/** A fault of the plan that befell this module. */
export interface DrawnFault {
  readonly plan: SensorFaultPlan;
  readonly channel: string;
  readonly atS: number;
  readonly forS: number;
  readonly by: number;
  readonly random: Random;
}

/** Which of the faults befall a module, where and when. A fault that fits none of its sensors befalls nothing. */
export function drawFaults(
  plan: SensorPlan,
  moduleId: string,
  sensors: ReadonlyMap<string, ValueSensor>,
  endS: number,
  seed: number,
): DrawnFault[] {
  return plan.faults.flatMap((fault, i): DrawnFault[] => {
    const random = createRandom(seed, `sensors/${moduleId}/fault/${i}`);
    const isHit = random.uniform() < fault.chance && (fault.modules?.includes(moduleId) ?? true);
    const fitting =
      fault.kind === 'silent'
        ? ['module']
        : [...sensors].flatMap(([name, sensor]) => (fits(fault, name, sensor) ? [name] : []));
    if (!isHit || fitting.length === 0) return [];
    const channel = fitting[random.integer(fitting.length)]!;
    const atS = fault.atS ? drawn(random, fault.atS) : fault.above === null ? random.uniform() * endS : 0;
    const forS = fault.forS ? drawn(random, fault.forS) : Number.POSITIVE_INFINITY;
    return [{ plan: fault, channel, atS, forS, by: drawn(random, fault.by), random }];
  });
}

function fits({ kind, channel }: SensorFaultPlan, name: string, sensor: ValueSensor): boolean {
  // Only what touches a surface comes loose, and only noise can grow.
  if (kind === 'loose' && !name.includes('temperature')) return false;
  if (kind === 'noisy' && sensor.noiseSd === 0) return false;
  return channel === 'any' || channel === name || (name.startsWith(channel) && name[channel.length] === '[');
}

/** First row at or after a time. */
function rowAt(truthS: Float64Array, timeS: number): number {
  let low = 0;
  let high = truthS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (truthS[middle]! < timeS) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The fault on the rows of its sensor. `airAt` gives the air around, in the sensor's unit; `tell` is told when it
 * began and ended, once it is known.
 */
export function breakOf(
  fault: DrawnFault,
  { truthS }: Rows,
  airAt: (row: number) => number,
  report: (fromS: number, toS: number | null) => void,
): Break {
  const { plan, by, random } = fault;
  let from = 0;
  let to = 0;
  const begin = (out: Float64Array): void => {
    from = rowAt(truthS, fault.atS);
    if (plan.above !== null) while (from < out.length && !(out[from]! >= plan.above)) from++;
    const fromS = plan.above === null ? fault.atS : (truthS[from] ?? Number.NaN);
    to = rowAt(truthS, fromS + fault.forS);
    if (from < out.length) report(fromS, to < out.length ? fromS + fault.forS : null);
    else to = from;
  };
  return {
    bend(out, sensor) {
      begin(out);
      for (let i = from; i < to; i++) {
        if (plan.kind === 'offset') out[i]! += by;
        else if (plan.kind === 'drifting') out[i]! += (by * (truthS[i]! - truthS[from]!)) / S_PER_H;
        else if (plan.kind === 'noisy') out[i]! += by * sensor.noiseSd * random.normal();
        else if (plan.kind === 'loose') out[i]! += by * (airAt(i) - out[i]!);
      }
    },
    replace(out, sensor) {
      const { kind, reads } = plan;
      if (kind === 'stuck') out.fill(out[Math.max(from - 1, 0)] ?? Number.NaN, from, to);
      else if (kind === 'saturated') out.fill(reads ?? sensor.max, from, to);
      else if (kind === 'open' || kind === 'missing') out.fill(reads ?? Number.NaN, from, to);
    },
  };
}
