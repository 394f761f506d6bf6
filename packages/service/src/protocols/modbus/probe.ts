/** What a device has, for whoever sets a site up: looks once, reads only, changes nothing. */
import type { DeviceEvent } from '../sunspec/events.ts';
import { recordsOf, type SunSpecRecord, signAgrees } from '../sunspec/records.ts';
import { type PointRejection, PointRejections } from '../sunspec/refusals.ts';
import { namesOf } from '../sunspec/settings.ts';
import type { Reading, Values } from '../sunspec/values.ts';
import { type Connection, connectTo } from './connection.ts';
import { discover, type FoundModel, PlanReader } from './plan.ts';
import type { ModbusDevice } from './settings.ts';

export interface ProbedModel {
  readonly id: number;
  readonly label: string;
  /** In field units; null: not implemented or refused. Points of the fixed part. */
  readonly values: Readonly<Record<string, number | string | null>>;
  readonly notImplemented: readonly string[];
  /** How often the repeating part was read, and its points that no part has. */
  readonly parts: number;
  readonly notInParts: readonly string[];
}

export interface ProbeReport {
  /** Everything in the chain, whether it says anything of modules or not. */
  readonly found: readonly FoundModel[];
  readonly models: readonly ProbedModel[];
  /** As the intake would get them. */
  readonly records: readonly SunSpecRecord[];
  readonly events: readonly DeviceEvent[];
  readonly refusals: readonly PointRejection[];
  readonly exceptions: readonly string[];
  /** Whether `positiveCurrent` fits what the battery says that it does; null: at rest, or it does not say. */
  readonly isSignRight: boolean | null;
  /** For one reading of everything. */
  readonly readMs: number;
}

/** @throws DeviceError where there is no device, no SunSpec, or no answer; InputError for settings that cannot be */
export async function probe(device: ModbusDevice, now: () => number = Date.now): Promise<ProbeReport> {
  const names = namesOf(device.sunspec ?? {});
  const connection = await connectTo(device);
  try {
    const found = await discover(connection, device);
    const rejections = new PointRejections();
    const { readings, exceptions, readMs } = await readOnce(connection, found, device, rejections);
    const { records, events } = recordsOf(readings, names, new Date(now()).toISOString(), rejections);
    const signs = readings
      .filter(({ model }) => model.id === 802)
      .map(({ values }) => signAgrees(values, names));
    return {
      found,
      models: readings.map(probed),
      records,
      events,
      refusals: rejections.list(),
      exceptions,
      isSignRight: signs.includes(false) ? false : signs.includes(true) ? true : null,
      readMs,
    };
  } finally {
    connection.close();
  }
}

async function readOnce(
  connection: Connection,
  found: readonly FoundModel[],
  { blockRegisters }: ModbusDevice,
  rejections: PointRejections,
) {
  const startMs = performance.now();
  const answer = await new PlanReader(found, blockRegisters).read(connection, rejections);
  return { ...answer, readMs: performance.now() - startMs };
}

function probed({ model, values, repeats }: Reading): ProbedModel {
  const lacks = (of: Values, name: string): boolean => (of.get(name) ?? null) === null;
  const names = [...values.keys()];
  return {
    id: model.id,
    label: model.label,
    values: Object.fromEntries(values),
    notImplemented: names.filter((name) => lacks(values, name)),
    parts: repeats.length,
    notInParts: [...(repeats[0]?.keys() ?? [])].filter((name) => repeats.every((part) => lacks(part, name))),
  };
}
