/** From what the fleet and the service say of themselves to conditions: which, how grave, which are told as one. */
import { HOT_READING_DEG_C } from '@emberwatch/engine/detector';
import { type UnknownField, unknownFieldText } from '@emberwatch/engine/telemetry';
import { MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { ALARM_TEXTS } from '../messages.ts';
import type { Priority } from '../records.ts';
import type { Condition } from './condition.ts';
import { SITE } from './overflow.ts';
import { type SendersView, sendersConditions } from './sender-conditions.ts';
import { trouble } from './trouble.ts';

/** Of a group that is told as one. */
const GROUP_PRIORITY: Priority = 3;
/** A broken sensor that reads hot: nobody can tell from afar whether something burns behind it. */
const HOT_SENSOR_PRIORITY: Priority = 2;

/** More than ten alarms in ten minutes are a flood (ISA-18.2): so many modules of a gateway are told as one. */
const MAX_REPORTED_SINGLY = 10;
/** A gateway that dies takes its modules with it one after another: so long the first of them wait for the others. */
const GROUPING_WAIT_MS = 15 * MS_PER_S;
/** After a start, a pause or a lost sensor a module has so long until it is judged. */
const UNEVALUATED_AFTER_MS = MS_PER_MIN;
/** So many rows of a gateway, and so large a share of them, were refused of late. */
const REJECTED_ROWS = 20;
const REJECTED_SHARE = 0.1;
/** So many whole messages of a gateway, by the same share, or one after another. */
const REJECTED_BODIES = 3;
/** Readings that nobody evaluated, and that do not come again. */
const SET_ASIDE_PRIORITY = 3;

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
  /** Messages on which the service failed, that wait for an engineer. Absent: none. */
  readonly setAside?: number;
  /** Fields that were ignored because nobody knows them. */
  readonly unknownFields: readonly UnknownField[];
}

/** Of a gateway or module whose stamps are far from the clock of this computer. */
export interface WrongClock {
  readonly source: string;
  /** The module that is furthest away, and how many are. */
  readonly moduleId: string;
  readonly modules: number;
  readonly errorMs: number;
}

/** A failing part in words, without a full stop; null or absent while it works. */
export interface SiteView {
  readonly nowMs: number;
  readonly modules: Iterable<ModuleView>;
  readonly gateways: Iterable<GatewayView>;
  readonly storageWhy: string | null;
  readonly detectorWhy: string | null;
  readonly canaryWhy: string | null;
  /** How far the clock of this computer is ahead of what most gateways say; null while they do not contradict it. */
  readonly hostClockErrorMs: number | null;
  readonly clocks: readonly WrongClock[];
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
  for (const kind of ['storage', 'detector', 'canary'] as const) {
    const why = view[`${kind}Why`];
    if (why !== null) conditions.push(trouble(kind, SITE, ALARM_TEXTS[kind](why), nowMs));
  }
  if (view.hostClockErrorMs !== null)
    conditions.push(trouble('host-clock', SITE, ALARM_TEXTS.hostClock(view.hostClockErrorMs), nowMs));
  for (const { source, moduleId, modules, errorMs } of view.clocks)
    conditions.push(trouble('clock', source, ALARM_TEXTS.clock(source, moduleId, modules, errorMs), nowMs));
  for (const { channel, why } of view.notifications)
    conditions.push(trouble('notification', channel, ALARM_TEXTS.notification(channel, why), nowMs));
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
    else if (nowMs - module.unjudgedSinceMs >= UNEVALUATED_AFTER_MS) watch.unjudged.push(module);
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
  const text = ALARM_TEXTS.siteSilence(modules, lastMs);
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
  if (isAll || silent.length > MAX_REPORTED_SINGLY || (gone && silent.length === modules)) {
    const why = gone?.goneWhy ?? null;
    const text = isAll
      ? ALARM_TEXTS.gatewaySilence(gatewayId, modules, lastMs, why)
      : ALARM_TEXTS.gatewayPartlySilent(gatewayId, silent.length, modules, why);
    conditions.push(groupOf('gateway-silence', gatewayId, silent, text, nowMs));
    return;
  }
  for (const module of silent) {
    const { moduleId, silentSinceMs, arrivals } = module;
    // A gateway that goes on delivering is not dying: its module is silent alone.
    const isAlone = modules === 1 || lastMs - arrivals.lastMs > (nowMs - arrivals.lastMs) / 2;
    if (!isAlone && nowMs - silentSinceMs < GROUPING_WAIT_MS) continue;
    const text = ALARM_TEXTS.silence(moduleId, arrivals.lastMs);
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
  const [single, many] =
    kind === 'unjudged'
      ? ([ALARM_TEXTS.unjudged, ALARM_TEXTS.unevaluatedModules] as const)
      : ([ALARM_TEXTS.sensorFault, ALARM_TEXTS.sensorFaultModules] as const);
  if (modules.length > MAX_REPORTED_SINGLY) {
    const group = groupOf(kind, gatewayId, modules, many(gatewayId, modules.length), nowMs);
    conditions.push({ ...group, priority: GROUP_PRIORITY });
    return;
  }
  for (const module of modules) conditions.push(ofModule(kind, module, single(module.moduleId), nowMs));
}

/** What reads hot is told for itself, whatever else is broken. */
function addFaulty(
  conditions: Condition[],
  gatewayId: string,
  faulty: readonly ModuleView[],
  nowMs: number,
): void {
  const hot = faulty.filter(({ hotSensor }) => hotSensor);
  if (hot.length > MAX_REPORTED_SINGLY) {
    const text = ALARM_TEXTS.hotSensorModules(gatewayId, hot.length, HOT_READING_DEG_C);
    const group = groupOf('sensor-fault', gatewayId, faulty, text, nowMs);
    conditions.push({ ...group, priority: HOT_SENSOR_PRIORITY });
    return;
  }
  for (const module of hot) {
    const { channel, degC } = module.hotSensor!;
    const text = ALARM_TEXTS.hotSensor(module.moduleId, channel, degC);
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
  if (modules.length > MAX_REPORTED_SINGLY) {
    const channels = new Set(modules.flatMap(({ lost }) => [...lost.keys()]));
    const sinceMs = Math.min(...modules.flatMap(({ lost }) => [...lost.values()]));
    const text = ALARM_TEXTS.lostChannelModules(gatewayId, modules.length, [...channels], sinceMs);
    conditions.push(groupOf('lost-channel', gatewayId, modules, text, nowMs));
    return;
  }
  for (const module of modules) {
    const { moduleId, lost } = module;
    const text = ALARM_TEXTS.lostChannel(moduleId, [...lost.keys()], Math.min(...lost.values()));
    conditions.push(ofModule('lost-channel', module, text, nowMs));
  }
}

function addRejections(conditions: Condition[], gateway: GatewayView, nowMs: number): void {
  const { gatewayId, recentRows, recentRejected, setAside = 0 } = gateway;
  if (setAside > 0) {
    const text = ALARM_TEXTS.setAside(gatewayId, setAside);
    conditions.push({ ...trouble('rejections', gatewayId, text, nowMs), priority: SET_ASIDE_PRIORITY });
    return;
  }
  const { recentBodies, recentRejectedBodies, rejectedBodiesInARow } = gateway;
  const isManyBodies =
    recentRejectedBodies >= REJECTED_BODIES && recentRejectedBodies >= REJECTED_SHARE * recentBodies;
  if (isManyBodies || rejectedBodiesInARow >= REJECTED_BODIES) {
    const text =
      rejectedBodiesInARow >= REJECTED_BODIES
        ? ALARM_TEXTS.rejectedBodiesInARow(gatewayId, rejectedBodiesInARow)
        : ALARM_TEXTS.rejectedBodies(gatewayId, recentRejectedBodies, recentBodies);
    conditions.push(trouble('rejections', gatewayId, text, nowMs));
    return;
  }
  if (recentRejected < REJECTED_ROWS || recentRejected < REJECTED_SHARE * recentRows) return;
  const text = ALARM_TEXTS.rejectedRows(gatewayId, recentRejected, recentRows);
  conditions.push(trouble('rejections', gatewayId, text, nowMs));
}

function addUnknownFields(
  conditions: Condition[],
  { gatewayId, unknownFields }: GatewayView,
  nowMs: number,
): void {
  if (unknownFields.length === 0) return;
  const text = ALARM_TEXTS.ignoredFields(gatewayId, unknownFields.map(unknownFieldText));
  conditions.push(trouble('ignored-fields', gatewayId, text, nowMs));
}

const unknownGone = ({ gatewayId, goneWhy }: GatewayView, nowMs: number): Condition =>
  trouble('gateway-silence', gatewayId, ALARM_TEXTS.unknownGatewayOffline(gatewayId, goneWhy), nowMs);

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
