/** From what the fleet and the service say of themselves to conditions: which, how grave, which are told as one. */
import { HOT_READING_DEG_C } from '@emberwatch/engine/detector';
import { type UnknownField, unknownFieldText } from '@emberwatch/engine/telemetry';
import { MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import type { Priority } from './alarm.ts';
import type { Condition } from './condition.ts';
import { SITE } from './overflow.ts';
import { type SendersView, sendersConditions } from './sender-conditions.ts';
import { trouble } from './trouble.ts';

/** Of a group that is told as one. */
const GROUP_PRIORITY: Priority = 3;
/** A broken sensor that reads hot: nobody can tell from afar whether something burns behind it. */
const HOT_SENSOR_PRIORITY: Priority = 2;

/** More than ten alarms in ten minutes are a flood (ISA-18.2): so many modules of a gateway are told as one. */
const MOST_TOLD_SINGLY = 10;
/** A gateway that dies takes its modules with it one after another: so long the first of them wait for the others. */
const GROUPING_WAIT_MS = 15 * MS_PER_S;
/** After a start, a pause or a lost sensor a module has so long until it is judged. */
const UNJUDGED_AFTER_MS = MS_PER_MIN;
/** So many rows of a gateway, and so large a share of them, were refused of late. */
const REJECTED_ROWS = 20;
const REJECTED_SHARE = 0.1;
/** So many whole messages of a gateway, by the same share, or one after another. */
const REJECTED_BODIES = 3;
const MAX_FIELDS_NAMED = 3;

export interface ModuleView {
  readonly moduleId: string;
  readonly rackId: string | null;
  /** Null where none has delivered it yet. */
  readonly gatewayId: string | null;
  /** Also true of a module that is expected and has never delivered. */
  readonly isSilent: boolean;
  /** When that was found, wall clock; NaN while it delivers. */
  readonly silentSinceMs: number;
  /** Last arrival, wall clock; -Infinity: none yet. */
  readonly arrivals: { readonly lastMs: number };
  /** Since when it delivers without being judged, wall clock; NaN while it is judged. */
  readonly unjudgedSinceMs: number;
  /** Sensors that cannot be believed now. */
  readonly faults: number;
  /** Of them one that reads as if something burnt, the hottest. */
  readonly hotSensor?: HotSensor | null;
  /** Channels that it used to deliver, and when it did so last, ms of data. */
  readonly lost: ReadonlyMap<string, number>;
}

export interface HotSensor {
  readonly channel: string;
  readonly degC: number;
}

export interface GatewayView {
  readonly gatewayId: string;
  /** It said goodbye, or was cut off, since its last delivery. */
  readonly isGone: boolean;
  readonly goneWhy: string | null;
  /** Rows of the last minutes, and how many of them were refused. */
  readonly recentRows: number;
  readonly recentRejected: number;
  /** Messages of the last minutes, and those of which nothing could be read: also how many came in a row until now. */
  readonly recentBodies: number;
  readonly recentRejectedBodies: number;
  readonly rejectedBodiesInARow: number;
  /** Fields that were ignored because nobody knows them. */
  readonly unknownFields: readonly UnknownField[];
}

/** A failing part in words, without a full stop; null or absent while it works. */
export interface SiteView {
  readonly nowMs: number;
  readonly modules: Iterable<ModuleView>;
  readonly gateways: Iterable<GatewayView>;
  readonly storageWhy: string | null;
  readonly detectorWhy: string | null;
  readonly canaryWhy: string | null;
  /** By how much the clock of this computer is contradicted. */
  readonly hostClockWhy: string | null;
  /** Modules or gateways whose stamps are far from it. */
  readonly clocks: readonly { readonly source: string; readonly why: string }[];
  readonly notifications: readonly { readonly channel: string; readonly why: string }[];
  /** Absent: nothing is known of how senders meet. */
  readonly senders?: SendersView;
}

/** All trouble with watching, grouped so that one cause is one alarm. */
export function troublesOf(view: SiteView): Condition[] {
  const { nowMs } = view;
  const conditions: Condition[] = [];
  const gateways = byGateway(view.modules, nowMs);
  const gone = new Map<string, GatewayView>();
  for (const gateway of view.gateways) {
    if (gateway.isGone) gone.set(gateway.gatewayId, gateway);
    addRejections(conditions, gateway, nowMs);
    addUnknownFields(conditions, gateway, nowMs);
  }
  let modules = 0;
  let silent = 0;
  for (const watch of gateways.values()) {
    modules += watch.modules;
    silent += watch.silent.length;
  }
  const isSiteSilent = modules > 0 && silent === modules;
  if (isSiteSilent) conditions.push(siteSilence(gateways, modules, nowMs));
  for (const [gatewayId, watch] of gateways) {
    if (!isSiteSilent) addSilence(conditions, gatewayId, watch, gone.get(gatewayId), nowMs);
    addModules(conditions, 'unjudged', gatewayId, watch.unjudged, nowMs);
    addFaulty(conditions, gatewayId, watch.faulty, nowMs);
    addLost(conditions, gatewayId, watch.lost, nowMs);
  }
  for (const gateway of gone.values())
    if (!isSiteSilent && !gateways.has(gateway.gatewayId)) conditions.push(unknownGone(gateway, nowMs));
  const own = (
    kind: 'storage' | 'detector' | 'canary' | 'host-clock',
    text: string,
    why: string | null,
  ): void => {
    if (why !== null) conditions.push(trouble(kind, SITE, `${text}: ${why}.`, nowMs));
  };
  own('storage', 'Readings cannot be stored and are not acknowledged', view.storageWhy);
  own('detector', 'The detector failed: modules may not be judged', view.detectorWhy);
  own('canary', 'The test hazard was not found, so quiet modules mean nothing', view.canaryWhy);
  own('host-clock', 'The clock of this computer is contradicted', view.hostClockWhy);
  for (const { source, why } of view.clocks)
    conditions.push(trouble('clock', source, `${source}: ${why}.`, nowMs));
  for (const { channel, why } of view.notifications)
    conditions.push(
      trouble('notification', channel, `Nobody could be told through ${channel}: ${why}.`, nowMs),
    );
  if (view.senders) conditions.push(...sendersConditions(view.senders, nowMs));
  return conditions;
}

interface Watch {
  modules: number;
  /** Latest arrival of any of its modules. */
  lastMs: number;
  readonly silent: ModuleView[];
  readonly unjudged: ModuleView[];
  readonly faulty: ModuleView[];
  readonly lost: ModuleView[];
}

const NO_GATEWAY = 'no gateway';

function byGateway(modules: Iterable<ModuleView>, nowMs: number): Map<string, Watch> {
  const gateways = new Map<string, Watch>();
  for (const module of modules) {
    const gatewayId = module.gatewayId ?? NO_GATEWAY;
    let watch = gateways.get(gatewayId);
    if (!watch) {
      watch = {
        modules: 0,
        lastMs: Number.NEGATIVE_INFINITY,
        silent: [],
        unjudged: [],
        faulty: [],
        lost: [],
      };
      gateways.set(gatewayId, watch);
    }
    watch.modules++;
    watch.lastMs = Math.max(watch.lastMs, module.arrivals.lastMs);
    if (module.isSilent) watch.silent.push(module);
    else if (nowMs - module.unjudgedSinceMs >= UNJUDGED_AFTER_MS) watch.unjudged.push(module);
    if (module.faults > 0) watch.faulty.push(module);
    if (module.lost.size > 0 && !module.isSilent) watch.lost.push(module);
  }
  return gateways;
}

function siteSilence(gateways: ReadonlyMap<string, Watch>, modules: number, nowMs: number): Condition {
  let lastMs = Number.NEGATIVE_INFINITY;
  const members: string[] = [];
  for (const watch of gateways.values()) {
    lastMs = Math.max(lastMs, watch.lastMs);
    for (const { moduleId } of watch.silent) members.push(moduleId);
  }
  const text = `Nothing is watched: none of ${modules} modules delivers${since(lastMs)}.`;
  return { ...trouble('site-silence', SITE, text, nowMs), members };
}

function addSilence(
  conditions: Condition[],
  gatewayId: string,
  watch: Watch,
  gone: GatewayView | undefined,
  nowMs: number,
): void {
  const { silent, modules, lastMs } = watch;
  if (silent.length === 0) return;
  const isAll = silent.length === modules && modules > 1;
  if (isAll || silent.length > MOST_TOLD_SINGLY || (gone && silent.length === modules)) {
    const how = gone?.goneWhy ? `; it is gone: ${gone.goneWhy}` : '';
    const many = isAll
      ? `none of ${modules} modules delivers`
      : `${silent.length} of ${modules} modules do not deliver`;
    const text = `${gatewayId}: ${many}${isAll ? since(lastMs) : ''}${how}.`;
    conditions.push(groupOf('gateway-silence', gatewayId, silent, text, nowMs));
    return;
  }
  for (const module of silent) {
    const { moduleId, silentSinceMs, arrivals } = module;
    // A gateway that goes on delivering is not dying: its module is silent alone.
    const isAlone = modules === 1 || lastMs - arrivals.lastMs > (nowMs - arrivals.lastMs) / 2;
    if (!isAlone && nowMs - silentSinceMs < GROUPING_WAIT_MS) continue;
    const text = Number.isFinite(arrivals.lastMs)
      ? `${moduleId} does not deliver${since(arrivals.lastMs)}.`
      : `${moduleId} is registered but has never delivered.`;
    conditions.push(ofModule('silence', module, text, nowMs));
  }
}

function addModules(
  conditions: Condition[],
  kind: 'unjudged' | 'sensor-fault',
  gatewayId: string,
  modules: readonly ModuleView[],
  nowMs: number,
): void {
  if (modules.length === 0) return;
  const text = kind === 'unjudged' ? 'delivers, but cannot be judged' : 'has sensors that cannot be believed';
  if (modules.length > MOST_TOLD_SINGLY) {
    const many =
      kind === 'unjudged' ? 'deliver, but cannot be judged' : 'have sensors that cannot be believed';
    const words = `${gatewayId}: ${modules.length} modules ${many}.`;
    conditions.push({ ...groupOf(kind, gatewayId, modules, words, nowMs), priority: GROUP_PRIORITY });
    return;
  }
  for (const module of modules) conditions.push(ofModule(kind, module, `${module.moduleId} ${text}.`, nowMs));
}

/** What reads hot is told for itself, whatever else is broken. */
function addFaulty(
  conditions: Condition[],
  gatewayId: string,
  faulty: readonly ModuleView[],
  nowMs: number,
): void {
  const hot = faulty.filter(({ hotSensor }) => hotSensor);
  if (hot.length > MOST_TOLD_SINGLY) {
    const text = `${gatewayId}: sensors of ${hot.length} modules read ${HOT_READING_DEG_C} °C or more and cannot be believed. Check these modules now; treat them as hot until they are checked.`;
    const group = groupOf('sensor-fault', gatewayId, faulty, text, nowMs);
    conditions.push({ ...group, priority: HOT_SENSOR_PRIORITY });
    return;
  }
  for (const module of hot) {
    const { channel, degC } = module.hotSensor!;
    const text = `${module.moduleId}: ${channel} reads ${degC.toFixed(0)} °C and cannot be believed. Check this module now; treat it as hot until it is checked.`;
    conditions.push({ ...ofModule('sensor-fault', module, text, nowMs), priority: HOT_SENSOR_PRIORITY });
  }
  const others = faulty.filter(({ hotSensor }) => !hotSensor);
  addModules(conditions, 'sensor-fault', gatewayId, others, nowMs);
}

/** One update of a gateway takes a channel from all of its modules: then it is told as one. */
function addLost(
  conditions: Condition[],
  gatewayId: string,
  modules: readonly ModuleView[],
  nowMs: number,
): void {
  if (modules.length > MOST_TOLD_SINGLY) {
    const channels = new Set(modules.flatMap(({ lost }) => [...lost.keys()]));
    const sinceMs = Math.min(...modules.flatMap(({ lost }) => [...lost.values()]));
    const text = `${gatewayId}: ${modules.length} modules no longer deliver ${listed([...channels])}, the first${since(sinceMs)}.`;
    conditions.push(groupOf('lost-channel', gatewayId, modules, text, nowMs));
    return;
  }
  for (const module of modules) {
    const { moduleId, lost } = module;
    const text = `${moduleId} no longer delivers ${listed([...lost.keys()])}${since(Math.min(...lost.values()))}.`;
    conditions.push(ofModule('lost-channel', module, text, nowMs));
  }
}

const listed = (names: readonly string[]): string =>
  names.length <= MAX_FIELDS_NAMED
    ? names.join(', ')
    : `${names.slice(0, MAX_FIELDS_NAMED).join(', ')} and ${names.length - MAX_FIELDS_NAMED} more`;

function addRejections(conditions: Condition[], gateway: GatewayView, nowMs: number): void {
  const { gatewayId, recentRows, recentRejected } = gateway;
  const { recentBodies, recentRejectedBodies, rejectedBodiesInARow } = gateway;
  const isManyBodies =
    recentRejectedBodies >= REJECTED_BODIES && recentRejectedBodies >= REJECTED_SHARE * recentBodies;
  if (isManyBodies || rejectedBodiesInARow >= REJECTED_BODIES) {
    const many =
      rejectedBodiesInARow >= REJECTED_BODIES
        ? `the last ${rejectedBodiesInARow}`
        : `${recentRejectedBodies} of the last ${recentBodies}`;
    const text = `${gatewayId}: ${many} messages could not be read, so nothing of them was evaluated.`;
    conditions.push(trouble('rejections', gatewayId, text, nowMs));
    return;
  }
  if (recentRejected < REJECTED_ROWS || recentRejected < REJECTED_SHARE * recentRows) return;
  const text = `${gatewayId}: much of what it sends is refused (${recentRejected} of ${recentRows} rows of late).`;
  conditions.push(trouble('rejections', gatewayId, text, nowMs));
}

function addUnknownFields(
  conditions: Condition[],
  { gatewayId, unknownFields }: GatewayView,
  nowMs: number,
): void {
  if (unknownFields.length === 0) return;
  const named = unknownFields.slice(0, MAX_FIELDS_NAMED).map(unknownFieldText).join('; ');
  const more = unknownFields.length - MAX_FIELDS_NAMED;
  const text = `${gatewayId}: fields are ignored. ${named}${more > 0 ? `; and ${more} more` : ''}`;
  conditions.push(trouble('ignored-fields', gatewayId, endOfSentence(text), nowMs));
}

const endOfSentence = (text: string): string => (text.endsWith('?') ? text : `${text}.`);

const unknownGone = ({ gatewayId, goneWhy }: GatewayView, nowMs: number): Condition =>
  trouble(
    'gateway-silence',
    gatewayId,
    `${gatewayId} is gone${goneWhy ? `: ${goneWhy}` : ''}; no module is known of it.`,
    nowMs,
  );

const ofModule = (
  kind: 'silence' | 'unjudged' | 'sensor-fault' | 'lost-channel',
  { moduleId, rackId, gatewayId }: ModuleView,
  text: string,
  nowMs: number,
): Condition => ({ ...trouble(kind, moduleId, text, nowMs), rackId, gatewayId });

/** The rack is named where all are in one, so that a maintenance of the rack covers it. */
function groupOf(
  kind: 'gateway-silence' | 'unjudged' | 'sensor-fault' | 'lost-channel',
  gatewayId: string,
  modules: readonly ModuleView[],
  text: string,
  nowMs: number,
): Condition {
  const [first] = modules;
  const rackId = modules.every((module) => module.rackId === first!.rackId) ? first!.rackId : null;
  const members = modules.map(({ moduleId }) => moduleId);
  return { ...trouble(kind, gatewayId, text, nowMs), rackId, gatewayId, members };
}

/** ` since 2026-01-01 08:00:00 UTC`; empty where there was nothing before. */
const since = (timeMs: number): string =>
  Number.isFinite(timeMs)
    ? ` since ${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`
    : '';
