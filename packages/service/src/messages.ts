/**
 * Every text that alarms and notices show to an operator, in one place: reviewed as one page, translated as one file.
 * Alert first, reason second, one instruction a sentence. Names of modules, gateways and channels come from outside.
 */
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';

const MAX_NAMES = 3;

/** `45 s`, `61 min`, `5.0 h`, `400 days`. */
export function durationText(durationMs: number): string {
  const lengthMs = Math.abs(durationMs);
  if (lengthMs < 10 * MS_PER_S) return `${Number((lengthMs / MS_PER_S).toFixed(1))} s`;
  if (lengthMs < 100 * MS_PER_S) return `${Math.round(lengthMs / MS_PER_S)} s`;
  if (lengthMs < 100 * MS_PER_MIN) return `${Math.round(lengthMs / MS_PER_MIN)} min`;
  if (lengthMs < 2 * MS_PER_DAY) return `${(lengthMs / MS_PER_H).toFixed(1)} h`;
  return `${Math.round(lengthMs / MS_PER_DAY)} days`;
}

/** `10 min ahead of`, `5.0 h behind`. */
export const clockErrorText = (errorMs: number): string =>
  `${durationText(errorMs)} ${errorMs > 0 ? 'ahead of' : 'behind'}`;

/** The first three by name. */
function listText(names: readonly string[]): string {
  const first = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${first} and ${names.length - MAX_NAMES} more` : first;
}

/** ` since 2026-01-01 08:00:00 UTC`; empty where there was nothing before. */
const sinceText = (timeMs: number): string =>
  Number.isFinite(timeMs)
    ? ` since ${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`
    : '';

const temperatureText = (degC: number | null): string =>
  degC === null ? 'no temperature' : `${degC.toFixed(1)} °C`;

export const countText = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** What each kind of alarm means. */
export const ALARM_KIND_TEXTS = {
  hazard: 'a module shows signs of a thermal hazard',
  gas: 'gas in an air space, and no other sign at its modules',
  silence: 'no data from a module',
  'gateway-silence': 'no data from any module of a gateway, or the gateway is offline',
  'site-silence': 'no data from the site',
  unjudged: 'a module sends data but cannot be assessed',
  'sensor-fault': 'a module has faulty sensors',
  'lost-channel': 'a module no longer sends a channel that it used to send',
  clock: 'time stamps of a gateway or module differ from the clock of this computer',
  'host-clock': 'most gateways contradict the clock of this computer',
  rejections: 'many rows or messages of a gateway are rejected',
  'duplicate-sender': 'two senders deliver the same module',
  'late-frames': 'many frames of a gateway arrive after newer ones',
  'module-limit': 'new modules of a gateway are rejected and not monitored',
  'ignored-fields': 'a gateway sends unknown fields',
  storage: 'readings cannot be stored',
  detector: 'the detector failed',
  canary: 'self-test failed: the detector missed the test hazard',
  notification: 'a notification channel failed',
} as const;

/** The text of an alarm: one or two sentences that stay the same while its condition does. */
export const ALARM_TEXTS = {
  hazard: (moduleId: string, level: string, reason: string | undefined, age: string) =>
    `${moduleId}: ${level}${reason ? `, ${reason}` : ''}${age}.`,
  dataAge: (ageMs: number) => `; data ${durationText(ageMs)} old`,
  clockOfData: (errorMs: number) =>
    `; its time stamps are ${clockErrorText(errorMs)} the clock of this computer`,
  gas: (
    space: string,
    level: string,
    modules: number,
    rackId: string | null,
    at: string,
    reason: string | undefined,
  ) =>
    `${space}: ${level}, gas at ${countText(modules, 'module')}${rackId === null ? '' : ` of ${rackId}`}, strongest at ${at}${reason ? `: ${reason}` : ''}.`,
  overflow: (sources: number, kind: keyof typeof ALARM_KIND_TEXTS) =>
    `${sources} more: ${ALARM_KIND_TEXTS[kind]}. The list of open alarms is full. This alarm stands for them.`,

  siteSilence: (modules: number, lastMs: number) =>
    `No monitoring: no data from any of ${countText(modules, 'module')}${sinceText(lastMs)}.`,
  gatewaySilence: (gatewayId: string, modules: number, lastMs: number, offlineWhy: string | null) =>
    `${gatewayId}: no data from any of ${countText(modules, 'module')}${sinceText(lastMs)}.${offlineText(offlineWhy)}`,
  gatewayPartlySilent: (gatewayId: string, silent: number, modules: number, offlineWhy: string | null) =>
    `${gatewayId}: no data from ${silent} of ${modules} modules.${offlineText(offlineWhy)}`,
  unknownGatewayOffline: (gatewayId: string, why: string | null) =>
    `${gatewayId}: gateway offline${why === null ? '' : ` (${why})`}. No module of it is known.`,
  silence: (moduleId: string, lastMs: number) =>
    Number.isFinite(lastMs)
      ? `${moduleId}: no data${sinceText(lastMs)}.`
      : `${moduleId}: registered, but has never sent data.`,
  unjudged: (moduleId: string) => `${moduleId} sends data but cannot be assessed.`,
  unevaluatedModules: (gatewayId: string, modules: number) =>
    `${gatewayId}: ${modules} modules send data but cannot be assessed.`,
  sensorFault: (moduleId: string) => `${moduleId} has faulty sensors.`,
  sensorFaultModules: (gatewayId: string, modules: number) =>
    `${gatewayId}: ${modules} modules have faulty sensors.`,
  hotSensor: (moduleId: string, channel: string, degC: number) =>
    `${moduleId}: ${channel} reads ${degC.toFixed(0)} °C, but behaves like a faulty sensor. Check this module now. Treat it as hot until then.`,
  hotSensorModules: (gatewayId: string, modules: number, fromDegC: number) =>
    `${gatewayId}: sensors of ${modules} modules read ${fromDegC} °C or more, but behave like faulty sensors. Check these modules now. Treat them as hot until then.`,
  lostChannel: (moduleId: string, channels: readonly string[], sinceMs: number) =>
    `${moduleId} no longer sends ${listText(channels)}${sinceText(sinceMs)}.`,
  lostChannelModules: (gatewayId: string, modules: number, channels: readonly string[], sinceMs: number) =>
    `${gatewayId}: ${modules} modules no longer send ${listText(channels)}, the first${sinceText(sinceMs)}.`,
  setAside: (gatewayId: string, count: number) =>
    `${gatewayId}: ${countText(count, 'message')} set aside and NOT evaluated. Read what was set aside (GET /api/v1/set-aside), check the modules on site, then remove it. The service failed on it several times.`,
  rejectedBodiesInARow: (gatewayId: string, bodies: number) =>
    `${gatewayId}: the last ${bodies} messages could not be read. Nothing in them was evaluated.`,
  rejectedBodies: (gatewayId: string, rejected: number, bodies: number) =>
    `${gatewayId}: ${rejected} of the last ${bodies} messages could not be read. Nothing in them was evaluated.`,
  rejectedRows: (gatewayId: string, rejected: number, rows: number) =>
    `${gatewayId}: ${rejected} of the last ${rows} rows were rejected.`,
  ignoredFields: (gatewayId: string, fields: readonly string[]) => {
    const text = `${gatewayId}: unknown fields are ignored. ${fields.slice(0, MAX_NAMES).join('; ')}${fields.length > MAX_NAMES ? `; and ${fields.length - MAX_NAMES} more` : ''}`;
    return text.endsWith('?') ? text : `${text}.`;
  },
  storage: (why: string) => `Readings are not stored and not acknowledged: ${why}.`,
  detector: (why: string) => `The detector failed. Modules may not be evaluated: ${why}.`,
  canary: (why: string) =>
    `Self-test failed: the detector missed the test hazard (${why}). Do not rely on "normal".`,
  hostClock: (errorMs: number) =>
    `The clock of this computer is ${clockErrorText(errorMs)} the time stamps of most gateways. Check its time service (NTP) first, then theirs. Until then readings are evaluated as they arrive.`,
  clock: (source: string, moduleId: string, modules: number, errorMs: number) =>
    `${source}: time stamps of ${moduleId}${modules > 1 ? ` and ${modules - 1} more modules` : ''} are ${clockErrorText(errorMs)} the clock of this computer. Set the clock of the sender (NTP). Until then its readings are evaluated as they arrive.`,
  notification: (channel: string, why: string) => `Notification channel ${channel} failed: ${why}.`,

  duplicateSender: (
    moduleId: string,
    gatewayId: string,
    otherId: string,
    degC: readonly [number | null, number | null],
  ) =>
    gatewayId === otherId
      ? `${moduleId}: ${gatewayId} sends two series of values that contradict each other (${temperatureText(degC[0])} and ${temperatureText(degC[1])}). The more severe counts. Find the second sender under this name, or the sensor that alternates. Then decide which gateway delivers the module.`
      : `${moduleId}: two senders deliver it, ${gatewayId} (${temperatureText(degC[0])}) and ${otherId} (${temperatureText(degC[1])}). The more severe counts. Stop one of them, or decide which one delivers it. Where each sends a part of the channels, name both in site.modules[].gateway.`,
  duplicateSenders: (source: string, gatewayId: string, otherId: string, modules: number) =>
    `${source}: ${gatewayId === otherId ? `two senders deliver ${modules} modules under the name ${gatewayId}` : `${gatewayId} and ${otherId} deliver the same ${modules} modules`}. The more severe values count. Stop one of the two, or decide which one delivers each module.`,
  sharedClientId: (clientId: string, connections: number, users: readonly string[]) =>
    `${connections} MQTT connections use the client id "${clientId}" (${listText(users)}). All are kept and evaluated. Give each device a client id of its own.`,
  unevaluated: (gatewayId: string, frames: number, modules: readonly string[]) =>
    `${gatewayId}: ${countText(frames, 'frame')} of modules that others deliver too were not evaluated (${listText(modules)}). The service cannot evaluate more contradicting streams. Stop the second senders.`,
  lateFrames: (
    gatewayId: string,
    late: number,
    rows: number,
    modules: readonly string[],
    ahead: string,
    leadMs: number,
    cause: string,
  ) =>
    `${gatewayId}: ${late} of the last ${rows} frames arrived after newer ones (${listText(modules)}). Frames of ${ahead} are ahead by up to ${durationText(leadMs)}. ${cause}`,
  lateBacklog: (ageMs: number) =>
    `They are ${durationText(ageMs)} old, and their age is falling: the gateway sends what it kept during an outage.`,
  lateOld: (ageMs: number) =>
    `They are ${durationText(ageMs)} old: the clock of the gateway is slow, or it sends stored data.`,
  lateClocks: (ahead: string, gatewayId: string) => `Set the clock of ${ahead} or of ${gatewayId}.`,
  lateSameName:
    'Either a second sender with a fast clock uses the same name, or messages overtake each other.',
  moduleLimit: (
    gatewayId: string,
    modules: readonly string[],
    places: number,
    allPlaces: number,
    largestId: string,
    largestPlaces: number,
  ) =>
    `${gatewayId}: new modules are rejected and NOT monitored (${listText(modules)}). The gateway uses ${places} of ${allPlaces} places; ${largestId} uses most, ${largestPlaces}. Retire the modules of ${largestId} that do not exist, or register modules in site.modules.`,
} as const;

const offlineText = (why: string | null): string => (why === null ? '' : ` Gateway offline: ${why}.`);

/** Why the state of a module is unknown, and who says what a reason says. */
export const REASON_TEXTS = {
  silence: (silentMs: number) => `No data for ${Math.round(silentMs / MS_PER_S)} s.`,
  lag: (lagMs: number) => `Its data are ${Math.round(lagMs / MS_PER_S)} s behind those of the site.`,
  age: (ageMs: number) => `Its data are ${durationText(ageMs)} old.`,
  clock: (errorMs: number) =>
    `Its time stamps are ${clockErrorText(errorMs)} the clock of this computer: the age of its data is unknown.`,
  hostClock: (errorMs: number) =>
    `The clock of this computer is ${clockErrorText(errorMs)} the gateways: either it is wrong, or all data are late.`,
  retired: (byName: string, reason: string) => `Retired by ${byName}: ${reason}. It is not monitored.`,
  ofSender: (sender: string, text: string) => `from ${sender}: ${text}`,
} as const;

/** Why a module is critical. */
export const AGREEMENT_TEXTS = {
  /** Critical by one kind of physics; `LIMIT` is that of the reason. */
  alone: {
    HOT: 'heat alone is enough: above LIMIT and still heating',
    'HOT-FAST':
      'heat alone is enough: above LIMIT and rising by more than 0.5 K/s, which no normal operation does',
    'HOT-120': 'heat alone is enough: no cell is meant to be above LIMIT',
    'MODEL-hot':
      'probability and heat are enough: the model expects a runaway, and the surface is hotter than normal operation makes it',
  } as Readonly<Record<string, string>>,
  ruleAlone: (rule: string) => `rule ${rule} is enough`,
  itsLimit: 'its limit',
  agree: (physics: string) => `${physics} agree: no single sensor fault explains that`,
  agreedOneLeft: (physics: string) => `different physics agreed; ${physics} still shows the hazard`,
  agreedNoneLeft: 'different physics agreed; none of them shows the hazard now',
  model: (physics: string | null) =>
    physics === null
      ? 'the probability of hazard rests on different physics'
      : `the probability of hazard rests on ${physics}`,
  none: 'the detector gave no reason',
} as const;

/** Notices, as e-mail and webhook carry them. */
export const NOTICE_TEXTS = {
  events: {
    raised: 'New alarm',
    escalated: 'Alarm escalated',
    eased: 'Alarm de-escalated',
    returned: 'Condition cleared',
    renewed: 'Condition is back',
    acknowledged: 'Alarm acknowledged',
    shelved: 'Alarm shelved',
    unshelved: 'Alarm no longer shelved',
    'out-of-service': 'Taken out of service',
    'in-service': 'Back in service',
    maintenance: 'Maintenance started',
    'maintenance-ended': 'Maintenance ended',
    updated: 'Alarm updated',
    commented: 'Comment',
    reset: 'Alarm reset',
    closed: 'Alarm closed',
    unacknowledged: 'Alarm not acknowledged',
    test: 'TEST',
  },
  fields: {
    alarm: 'Alarm',
    module: 'Module',
    source: 'Source',
    rack: 'Rack',
    gateway: 'Gateway',
    members: 'Affects',
    since: 'Since',
    time: 'Time',
    dataTime: 'Data time',
    by: 'By',
    why: 'Why',
    dashboard: 'Dashboard',
  },
  site: 'Site',
  notice: 'Notice',
  testSubject: 'TEST notice, no alarm',
  testAlarm: 'This is a test. There is no alarm.',
  whatToDo: 'WHAT TO DO',
  details: 'DETAILS',
  steps: {
    hazard: [
      'Do NOT open or enter the battery room, the container or the rack. Keep others away.',
      'Follow the site emergency plan. If in doubt, call the fire service now.',
      'Check temperatures, gas and neighbouring modules on the dashboard. A falling or missing reading does NOT mean it is safe.',
      'Acknowledge the alarm, so that others know that someone is responding.',
    ],
    lowHazard: [
      'Do NOT open the door to check. Read the values on the dashboard and keep watching them.',
      'If it gets worse, follow the site emergency plan.',
      'Acknowledge the alarm, so that others know that someone is responding.',
    ],
    notMonitored: [
      'Modules with no data, no verdict or faulty sensors are NOT monitored. Treat them as unknown, not as safe.',
      'Check power and network of the gateway and the sensors from outside the battery room.',
      'If there are other signs of heat, gas or smoke, follow the site emergency plan.',
    ],
    service: [
      'Monitoring may be incomplete until this is repaired. Notify the person responsible for Emberwatch.',
      'Until then monitor the battery by other means (BMS, fire panel).',
    ],
    test: ['Nothing. This notice only shows that the channel works.'],
  },
  advisory:
    'Emberwatch is advisory only. It switches nothing and does not prove that the battery is safe. The BMS, the fire ' +
    'panel and the people on site decide.',
} as const;

/** The sheet for the fire service. */
export const SHEET_TEXTS = {
  title: 'sheet for the fire service',
  kicker: 'Battery storage · sheet for the fire service',
  noAddress: 'No address in the settings',
  stateAt: 'State at',
  playback: 'PLAYBACK: recorded data, not the present state.',
  notMonitored: (why: string) => `NOT MONITORED: ${why}.`,
  maybeOld: 'All values below may be old.',
  monitoringBroken: 'monitoring is interrupted',
  nothingMeasured: 'Nothing has been measured.',
  doNotOpen: 'DO NOT OPEN',
  doNotOpenBecause: 'Do not open any room, container or rack because of what this sheet shows.',
  gas: 'Explosive gas can be present where nothing is hot and no reading shows it, and build up for hours.',
  hazards:
    'Batteries stay live. Cells can reignite after hours or days. A low, falling or missing reading is no all-clear. The incident commander decides.',
  alarms: 'Open alarms, most severe first',
  noAlarm: 'No open critical or warning alarm is known.',
  cleared: '(condition cleared)',
  more: (count: number) => `… and ${count} more.`,
  unknownNow: 'unknown now:',
  wholeSite: 'the whole site',
  valuesHaveAge: 'Last values are printed with their age.',
  retired: 'retired, not monitored:',
  mayStandThere: 'They may still be in place, hot and live.',
  levelUnknown: 'level unknown',
  racks: 'Racks: last known highest temperature in °C, its age if older than a minute; gas in ppm',
  rackLines: 'most severe first: last known highest temperature in °C, gas in ppm',
  noValue: 'no value',
  positions: 'The layout is not that of the room.',
  gasNotMeasured: 'gas not measured',
  call: 'Call',
  noContact: 'No contact in the settings.',
  notes: 'About this site',
  noNote: 'No note in the settings.',
  noReading: 'No reading has arrived.',
  newestReading: (instant: string, age: string) =>
    `Newest reading: ${instant}, arrived ${age} before this sheet.`,
  advisory: 'Made by Emberwatch. Advisory only: no fire alarm system, no protective system.',
} as const;
