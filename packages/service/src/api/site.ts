/** The running site, as the routes speak for it. */
import { type DetectorOptions, SpaceMap } from '@emberwatch/engine/detector';
import type { Static } from 'typebox';
import type { AlarmAction, Maintenance, MaintenanceInput } from '../alarms/actions.ts';
import type { Access } from '../auth/access.ts';
import type { EvidenceSource } from '../evidence/bundle.ts';
import type { Fleet } from '../monitor/fleet.ts';
import type { GatewayState, RejectionRecord } from '../monitor/gateways.ts';
import type { Delivery, IngestResult, Intake } from '../monitor/intake.ts';
import type { LoadedModel } from '../monitor/model-file.ts';
import type { RetiredModules } from '../monitor/retired.ts';
import type { SetAsideDelivery } from '../monitor/set-aside.ts';
import type { UnknownFieldOfGateway } from '../monitor/unknown-fields.ts';
import type { TestResult } from '../notify/test-notice.ts';
import type { DeviceEvent } from '../protocols/sunspec/events.ts';
import type { AlarmRecord, Identity } from '../records.ts';
import type { Store } from '../store/store.ts';
import type { EventStream } from './events.ts';
import type { HealthBody } from './schemas.ts';

export interface ApiContext {
  readonly name: string;
  readonly model: (Pick<LoadedModel, 'sha256' | 'signature'> & { readonly name: string }) | null;
  /** The file that it comes from; null for the rules alone. */
  readonly loaded: LoadedModel | null;
  readonly fleet: Fleet;
  readonly intake: Intake;
  readonly ingest: IngestMetrics;
  readonly store: Store;
  readonly alarms: AlarmActions;
  readonly access: Access;
  readonly events: EventStream;
  /** As the live detector has them, for judging apart from it. */
  readonly detector: Omit<DetectorOptions, 'sink' | 'clock'>;
  readonly startedMs: number;
  readonly now: () => number;
  /** Who has delivered. */
  gateways(): Iterable<GatewayState>;
  /** What was refused, by gateway, reason and column. */
  refusals(): Iterable<RejectionRecord>;
  /** Fields that were delivered within the last hour and that nobody understands, by gateway. */
  unknownFields(): readonly UnknownFieldOfGateway[];
  /** What devices say of themselves, as of their last reading. */
  deviceEvents(gatewayId: string): readonly DeviceEvent[];
  /** Why the site is not ready (`recovering`, `storage`, `detector`, …); empty: it is. */
  obstacles(): readonly string[];
  /** What evidence is made of. */
  readonly evidence: EvidenceSource;
  /** Whether the chain of watching is sound, and what is broken. */
  isWatching(): { readonly ok: boolean; readonly why: string | null };
  testNotices(byName: string): Promise<TestResult[]>;
  readonly retired: Pick<RetiredModules, 'find' | 'shown'>;
  /** A module that burnt or was taken away is no longer missed. */
  retire(moduleId: string, byName: string, reason: string): Promise<void>;
  /** A person says which gateway delivers a module. */
  decideGateway(moduleId: string, gatewayId: string, byName: string, reason: string): Promise<void>;
  /** Frees the places of a gateway. */
  retireOf(gatewayId: string, byName: string, reason: string): Promise<{ retired: number; kept: number }>;
  /** Deliveries on which the service failed several times. */
  setAside(): readonly SetAsideDelivery[];
  removeSetAside(id: string, byName: string, reason: string): Promise<void>;
  /** Modules of a gateway with late frames. */
  lateModules(gatewayId: string): readonly { moduleId: string; late: number; leadMs: number }[];
  /** Resolves once it is on disk. */
  audit(actor: string, action: string, subject: string, detail: unknown): Promise<void>;
  /** Null where the site has no SunSpec settings. */
  readonly takeSunSpec:
    | ((delivery: Delivery, body: unknown) => Promise<IngestResult & { readonly events: readonly unknown[] }>)
    | null;
}

/** Counts since the start. */
export interface IngestMetrics {
  readonly batches: number;
  readonly accepted: number;
  readonly late: number;
  readonly repeated: number;
  readonly rejected: number;
  readonly rejectedValues: number;
  readonly rejectionsByReason: ReadonlyMap<string, number>;
}

/** Actions resolve once they are on disk, with their audit row. */
export interface AlarmActions {
  open(): readonly AlarmRecord[];
  metrics(): object;
  maintenances(): readonly Maintenance[];
  /** Null where no alarm is concerned: a condition is put back into service that has none. */
  act(action: AlarmAction, actor: Identity): Promise<AlarmRecord | null>;
  startMaintenance(input: MaintenanceInput, actor: Identity): Promise<Maintenance>;
  endMaintenance(id: string, actor: Identity): Promise<Maintenance>;
}

/** Of the unknown fields that health shows; all stand in `GET /refusals`. */
const UNKNOWN_FIELDS_SHOWN = 20;

/** Before the first frame nothing is known of racks. */
function unmatchedOf({
  detector: { spaces },
  fleet,
}: ApiContext): Static<typeof HealthBody>['spacesUnmatched'] {
  if (!spaces || fleet.size === 0) return [];
  const racks = new Set<string>();
  for (const { rackId } of fleet.watched()) if (rackId !== null) racks.add(rackId);
  return new SpaceMap(spaces).unmatched(racks);
}

/** Of frames of any age: that they are old is said of each module, and by its silence. */
function arrivalStatus({ fleet, gateways }: ApiContext, nowMs: number): 'waiting' | 'no-data' | 'ok' {
  let lastMs = fleet.arrivals.lastMs;
  for (const { lastFrameMs } of gateways())
    lastMs = Math.max(lastMs, lastFrameMs ?? Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(lastMs)) return 'waiting';
  return fleet.isSilent() && nowMs - lastMs > fleet.silentAfterMs ? 'no-data' : 'ok';
}

export function healthOf(site: ApiContext): Static<typeof HealthBody> {
  const { name, evidence, model, fleet, ingest, events, startedMs, now } = site;
  const nowMs = now();
  const unknownFields = site
    .unknownFields()
    .map(({ gatewayId, field, didYouMean }) => ({ gatewayId, field, didYouMean }));
  const lastFrameMs = Number.isFinite(fleet.arrivals.lastMs) ? fleet.arrivals.lastMs : null;
  const isQuiet = fleet.isSilent();
  const status = fleet.isFailing() ? 'failing' : arrivalStatus(site, nowMs);
  return {
    status,
    site: { name, title: evidence.site.title ?? null, timeZone: evidence.site.timeZone ?? null },
    startedMs,
    nowMs,
    clockMs: fleet.clock.timeMs,
    isPlayback: fleet.isPlayback,
    hostClockErrorMs: fleet.host.suspectedByMs,
    rate: isQuiet ? null : fleet.clock.rate(nowMs),
    lastFrameMs,
    lastFrameAgeMs: lastFrameMs === null ? null : nowMs - lastFrameMs,
    batches: ingest.batches,
    framesAccepted: ingest.accepted,
    framesLate: ingest.late,
    framesRepeated: ingest.repeated,
    rowsRejected: ingest.rejected,
    valuesRejected: ingest.rejectedValues,
    rejectionsByReason: Object.fromEntries(ingest.rejectionsByReason),
    unknownFields: unknownFields.slice(0, UNKNOWN_FIELDS_SHOWN),
    unknownFieldCount: unknownFields.length,
    modules: fleet.size,
    modulesSilent: fleet.silentCount,
    modulesLimit: fleet.limits.modules,
    spacesUnmatched: unmatchedOf(site),
    clients: events.size,
    clientsDropped: events.dropped,
    detectorFailures: fleet.failure.count,
    detectorMessage: fleet.failure.message,
    model,
    gatewaysOfAnyModule: site.access.gatewaysOfAnyModule(),
    obstacles: [...site.obstacles()],
  };
}
