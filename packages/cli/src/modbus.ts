/** `emberwatch modbus probe`: what a SunSpec device has, and the settings to read it with. */

import { InputError } from '@emberwatch/engine/telemetry';
import { parseDurationMs } from '@emberwatch/engine/units';
import {
  type ModbusDevice,
  type ProbedModel,
  type ProbeReport,
  probe as probeDevice,
} from '@emberwatch/service/offline';

export interface ProbeArguments {
  readonly unit: string;
  readonly input?: boolean;
  readonly base?: string;
  readonly timeout: string;
  readonly positiveCurrent: string;
  readonly json?: boolean;
}

export async function probe(address: string, options: ProbeArguments): Promise<void> {
  const device = deviceOf(address, options);
  const report = await probeDevice(device);
  process.stdout.write(options.json ? `${JSON.stringify({ device, ...report })}\n` : textOf(device, report));
}

const ADDRESS = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/;

function deviceOf(address: string, options: ProbeArguments): ModbusDevice {
  const match = ADDRESS.exec(address);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw new InputError(`"${address}": expected HOST, HOST:PORT or [IPV6]:PORT`);
  const timeoutMs = parseDurationMs(options.timeout);
  if (timeoutMs === undefined || timeoutMs < 10)
    throw new InputError(`--timeout ${options.timeout}: expected a duration such as 2s`);
  const sign = options.positiveCurrent;
  if (sign !== 'discharge' && sign !== 'charge')
    throw new InputError(`--positive-current ${sign}: expected discharge or charge`);
  return {
    name: `${host}-${options.unit}`,
    host,
    ...(match?.[3] !== undefined && { port: integerOf('port', match[3], 1, 65_535) }),
    unit: integerOf('--unit', options.unit, 0, 255),
    ...(options.input && { registers: 'input' as const }),
    ...(options.base !== undefined && { bases: [integerOf('--base', options.base, 0, 65_533)] }),
    timeoutMs,
    sunspec: { positiveCurrent: sign },
  };
}

function integerOf(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new InputError(`${name} ${text}: expected a whole number from ${min} to ${max}`);
  return value;
}

const RECORDS_SHOWN = 3;

function textOf(device: ModbusDevice, report: ProbeReport): string {
  const { found, models, records, events, refusals: rejections, exceptions } = report;
  const lines = ['Chain:', ...chainLines(found)];
  for (const id of new Set(models.map((model) => model.id))) {
    const [first, ...others] = models.filter((model) => model.id === id);
    lines.push('', ...modelLines(first!));
    if (others.length > 0) lines.push(`  … and ${others.length} more of model ${id} (--json has all)`);
  }
  lines.push('', `Modules: ${records.length}, read in ${report.readMs.toFixed(0)} ms`);
  for (const record of records.slice(0, RECORDS_SHOWN)) lines.push(...wrapped(shortRecord(record)));
  lines.push('', events.length === 0 ? 'The devices report no events.' : 'Events that the devices report:');
  for (const { source, point, name, isAlarm } of events)
    lines.push(`  ${source} ${point}: ${name}${isAlarm ? ' (alarm)' : ''}`);
  for (const { meaning, count, first } of rejections)
    lines.push(`Refused, ${count} times: ${meaning}; first ${first}`);
  for (const exception of exceptions) lines.push(`Not answered: ${exception}`);
  lines.push('', signWords(report.isSignRight, device), '', 'Settings:', ...settingsLines(device));
  return `${lines.join('\n')}\n`;
}

/** Equal neighbours on one line. */
function chainLines(found: ProbeReport['found']): string[] {
  const runs: { id: number; length: number; first: number; last: number; count: number }[] = [];
  for (const { id, address, length } of found) {
    const run = runs.at(-1);
    if (run?.id === id && run.length === length) Object.assign(run, { last: address, count: run.count + 1 });
    else runs.push({ id, length, first: address, last: address, count: 1 });
  }
  return runs.map(({ id, length, first, last, count }) =>
    count === 1
      ? `  ${first}: model ${id}, ${length} registers`
      : `  ${first} to ${last}: ${count} times model ${id}, ${length} registers`,
  );
}

function modelLines({ id, label, values, notImplemented, parts, notInParts }: ProbedModel): string[] {
  const known = Object.entries(values).filter(([, value]) => value !== null);
  const words = known.map(
    ([name, value]) => `${name} ${typeof value === 'string' ? JSON.stringify(value) : value}`,
  );
  return [
    `Model ${id}, ${label}${parts > 0 ? `, ${parts} parts` : ''}`,
    ...wrapped(words.join(', ')),
    ...(notImplemented.length > 0 ? wrapped(`not implemented: ${notImplemented.join(' ')}`) : []),
    ...(notInParts.length > 0 ? wrapped(`not implemented in any part: ${notInParts.join(' ')}`) : []),
  ];
}

const WIDTH_CHARS = 100;

const wrapped = (text: string): string[] =>
  [...text.matchAll(new RegExp(`.{1,${WIDTH_CHARS}}(?:\\s|$)|\\S+`, 'g'))].map(
    ([line]) => `  ${line.trimEnd()}`,
  );

/** A record on one line: lists by their length. */
const shortRecord = (record: Readonly<Record<string, unknown>>): string =>
  Object.entries(record)
    .map(([key, value]) => (Array.isArray(value) ? `${key} [${value.length}]` : `${key} ${value}`))
    .join(', ');

function signWords(isSignRight: boolean | null, device: ModbusDevice): string {
  const sign = device.sunspec?.positiveCurrent;
  if (isSignRight === null)
    return `Sign of the current: taken as positive = ${sign}; the battery is at rest or does not say. Probe again under load.`;
  return isSignRight
    ? `Sign of the current: positive = ${sign} agrees with what the battery says that it does.`
    : `Sign of the current: positive = ${sign} CONTRADICTS what the battery says that it does. Set the other.`;
}

function settingsLines({ timeoutMs: _, ...device }: ModbusDevice): string[] {
  const { sunspec, bases, ...plain } = device;
  return [
    'modbus:',
    '  devices:',
    ...Object.entries(plain).map(
      ([key, value], i) => `    ${i === 0 ? '- ' : '  '}${key}: ${JSON.stringify(value)}`,
    ),
    ...(bases ? [`      bases: [${bases.join(', ')}]`] : []),
    '      sunspec:',
    '        bank: 1',
    '        moduleId: "String{string}_Module{module:02}"',
    '        rackId: "String{string}"',
    `        positiveCurrent: ${sunspec?.positiveCurrent}`,
  ];
}
