/** Axes of a map as a person writes them: `faults[0].resistanceOhm=0.005..0.1:20:log`. */
import { axisValues, type MapAxis } from '@emberwatch/engine/physics';
import { InputError } from '@emberwatch/engine/telemetry';

/** An axis with what its picture needs. */
export interface Axis extends MapAxis {
  readonly isLog: boolean;
}

const SYNTAX =
  'PATH=FROM..TO:STEPS, PATH=FROM..TO:STEPS:log or PATH=V1,V2,…, such as faults[0].resistanceOhm=0.005..0.1:20:log';
const MAX_STEPS = 500;

/** Errors: `InputError` naming the option and what is wrong. */
export function parseAxis(option: string, text: string): Axis {
  const wrong = (reason: string): never => {
    throw new InputError(`${option} "${text}": ${reason}`);
  };
  const split = text.indexOf('=');
  const path = text.slice(0, split).trim();
  if (split < 1 || path === '') return wrong(`expected ${SYNTAX}`);
  const given = text.slice(split + 1).trim();
  if (!given.includes('..')) {
    const values = given.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    if (!values.every(Number.isFinite)) return wrong(`expected ${SYNTAX}`);
    if (values.length < 2) return wrong('at least two values make an axis');
    if (values.some((value, i) => i > 0 && value <= values[i - 1]!)) return wrong('the values must rise');
    return { path, values, isLog: false };
  }
  const match = /^([^:]+?)\.\.([^:]+):(\d+)(?::(log|lin))?$/.exec(given);
  if (!match) return wrong(`expected ${SYNTAX}`);
  const [from, to, steps] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (!Number.isFinite(from) || !Number.isFinite(to)) return wrong('FROM and TO must be numbers');
  if (from >= to) return wrong('FROM must be below TO');
  if (steps < 2 || steps > MAX_STEPS) return wrong(`STEPS must be between 2 and ${MAX_STEPS}`);
  const isLog = match[4] === 'log';
  if (isLog && from <= 0) return wrong('a logarithmic axis starts above 0');
  return { path, values: axisValues(from, to, steps, isLog), isLog };
}
