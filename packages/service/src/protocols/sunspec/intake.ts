/** The door for gateways that speak SunSpec in JSON. */
import { type Delivery, type IngestResult, type Intake, NOTHING_DELIVERED } from '../../monitor/intake.ts';
import { snapshotsOf } from './body.ts';
import type { DeviceEvent } from './events.ts';
import { recordsOf } from './records.ts';
import { type PointRejection, PointRejections } from './refusals.ts';
import { namesOf, type SunSpecSettings } from './settings.ts';

export interface SunSpecResult extends IngestResult {
  /** What the devices say of themselves, as of the last reading of the body. */
  readonly events: readonly DeviceEvent[];
  /** What could not be made a record or a value, before the intake saw it; not in its counts. */
  readonly refusals: readonly PointRejection[];
}

/**
 * @param body parsed JSON: models or registers (docs/sunspec.md), or a list of them in order of time
 * @param nowMs wall clock, Unix ms: the stamp of what has none
 * @throws ServiceError `NO_TELEMETRY` where the body has no such form, and what `Intake.takeRecords` throws;
 * InputError for settings that cannot be
 */
export async function takeSunSpec(
  intake: Pick<Intake, 'takeRecords'>,
  delivery: Delivery,
  body: unknown,
  settings: SunSpecSettings,
  nowMs: number,
): Promise<SunSpecResult> {
  const names = namesOf(settings);
  const rejections = new PointRejections();
  const arrival = new Date(nowMs).toISOString();
  const taken = snapshotsOf(body, rejections).map(({ time, readings }) =>
    recordsOf(readings, names, time ?? arrival, rejections),
  );
  const records = taken.flatMap((snapshot) => snapshot.records);
  // A battery that speaks only of itself is no failure, and nothing to judge.
  const result = records.length === 0 ? NOTHING_DELIVERED : await intake.takeRecords(delivery, records);
  return { ...result, events: taken.at(-1)?.events ?? [], refusals: rejections.list() };
}
