/** A short that heats one module of a rack to runaway, drawn by hand: shapes matter here, not physics. */
import { policyWithModel } from '@emberwatch/engine/detector';
import { CHANNEL_INDEX, type ChannelId, newFrame } from '@emberwatch/engine/telemetry';
import type { EvidenceSource } from '../../src/evidence/bundle.ts';
import type { SiteFacts } from '../../src/evidence/site.ts';
import type { ModuleState } from '../../src/monitor/fleet.ts';
import type { AlarmRecord, ChangeEntry } from '../../src/records.ts';
import { alarmOf } from '../notify/alarms.ts';
import { FakeStore } from './fake-store.ts';

const MIN = 60_000;
export const RAISED_MS = Date.UTC(2026, 0, 1, 8);
export const SICK = 'RackA1_Module03';

export const SITE: SiteFacts = {
  name: 'w7',
  title: 'Warehouse 7, Linz',
  address: 'Hafenstraße 61, 4020 Linz. Gate 3, from the river side.',
  timeZone: 'Europe/Vienna',
  contacts: [
    { role: 'Control room (day and night)', phone: '+43 732 000 100' },
    { role: 'Site manager', name: 'A. Berger', phone: '+43 660 000 200' },
    { role: 'Battery maker, emergency line', phone: '+49 800 000 300' },
  ],
  notes: [
    'LFP modules, 51 V, 280 Ah; 64 modules in 8 racks, 0.9 MWh.',
    'Emergency stop of the converters: left of gate 3, red box, key 7.',
    'Gas detection and fan: panel at the north wall. Hydrant: 40 m east of gate 3.',
  ],
};

/** Slow, then fast: 30 °C an hour before, 61 °C when the alarm is raised, 300 °C at the end. */
const sickDegC = (min: number): number =>
  min < 22 ? 27 + 34 * Math.exp((min - 2) / 16) : 27 + 34 * Math.exp(20 / 16) + (min - 22) * 20;

export interface StoryOptions {
  readonly everyS?: number;
  readonly cells?: number;
  readonly moduleIds?: readonly string[];
}

export function reportStory({ everyS = 5, cells = 16, moduleIds }: StoryOptions = {}): FakeStore {
  const store = new FakeStore();
  const ids = moduleIds ?? Array.from({ length: 8 }, (_, i) => `RackA1_Module0${i + 1}`);
  for (const [place, id] of ids.entries())
    for (let s = -70 * 60; s < 35 * 60; s += everyS) {
      const min = s / 60;
      const isSick = id === SICK;
      // Its neighbour loses its gateway for a while.
      if (id === 'RackA1_Module05' && min > 4 && min < 14) continue;
      const noise = (salt: number): number => Math.sin(s * 12.9898 + place * 78.233 + salt) * 0.15;
      const hottest = isSick
        ? Math.min(330, sickDegC(min))
        : 27 + place * 0.25 + Math.max(0, min - 15) * 0.35 + noise(1);
      const gas = isSick || min > 16 ? Math.max(0, min - 14) ** 2 : 0;
      const frame = newFrame(id, id.split('_')[0]!, RAISED_MS + s * 1000);
      const set = (channel: ChannelId, value: number, digits: number): void => {
        frame.values[CHANNEL_INDEX[channel]] = Number(value.toFixed(digits));
      };
      const sagV = isSick ? Math.max(0, (min + 20) / 60) * 0.25 + (min > 20 ? 1 : 0) : 0;
      set('surface_temperature_max_degc', hottest + noise(2), 1);
      set('surface_temperature_mean_degc', 26 + (hottest - 26) * 0.6 + noise(3), 1);
      set('ambient_temperature_degc', 24 + Math.max(0, min - 10) * 0.1 + noise(4) / 2, 1);
      set('voltage_v', 52.8 + Math.sin(min / 40) * 0.3 - sagV + noise(5) / 5, 2);
      set('current_a', 40 * Math.sign(Math.sin(min / 18)) + noise(6), 1);
      set('soc_percent', 82 + min / 30, 1);
      set('co_ppm', gas * 1.2 + Math.abs(noise(7)), 0);
      set('h2_ppm', gas * 9 + Math.abs(noise(8)), 0);
      set('voc_ppm', 2 + gas * 4 + noise(9), 1);
      if (cells > 0) {
        frame.cellVoltagesV = Float64Array.from({ length: cells }, (_, k) =>
          Number((3.3 + noise(k) / 80 - (k === 6 ? sagV : 0)).toFixed(3)),
        );
        frame.cellTemperaturesDegC = Float64Array.from({ length: Math.min(4, cells) }, (_, k) =>
          Number((hottest - k * (isSick ? 4 : 0.3)).toFixed(1)),
        );
      }
      store.add(frame);
    }
  store.alarmRows.push(ALARM);
  store.changeRows.push(...CHANGES);
  store.auditRows.push(...AUDIT);
  store.faultRows.push({
    moduleId: SICK,
    channel: 'cell_temperatures_degc[2]',
    kind: 'stuck',
    fromMs: RAISED_MS - 20 * MIN,
    toMs: null,
    text: 'Probe 2 has not moved for 20 min while its neighbours did.',
  });
  return store;
}

const reason = (rule: string, text: string, value: number, limit: number) => ({
  ...{ rule, physics: 'thermal' as const, text, value, limit, unit: 'degC' },
});

export const ALARM: AlarmRecord = alarmOf({
  id: 'A000123',
  source: SICK,
  rackId: 'RackA1',
  priority: 1,
  highestPriority: 1,
  level: 'critical',
  highestLevel: 'critical',
  state: 'acknowledged',
  text: 'Module RackA1_Module03 is endangered: it is above 90 °C and heats by itself.',
  reasons: [
    reason('HOT', 'Hottest surface 96.4 °C (limit 90 °C), heating at 4.1 K/min', 96.4, 90),
    reason('B1-60', 'Hottest surface 96.4 °C (limit 60 °C)', 96.4, 60),
    {
      rule: 'B5-CO100',
      physics: 'gas',
      text: 'CO 112 ppm (limit 100 ppm)',
      value: 112,
      limit: 100,
      unit: 'ppm',
    },
    {
      rule: 'MODEL-critical',
      physics: null,
      text: 'The model gives a probability of hazard of 0.97',
      value: 0.97,
      limit: 0.62,
      unit: null,
    },
  ],
  agreement: { physics: ['thermal', 'gas'], text: 'Heat and gas agree.' },
  hazardProbability: 0.97,
  raisedMs: RAISED_MS,
  escalatedMs: RAISED_MS + 14 * MIN,
  acknowledgedMs: RAISED_MS + 3 * MIN,
  acknowledgedBy: 'Maria Huber',
  dataRaisedMs: RAISED_MS,
  dataChangedMs: RAISED_MS + 14 * MIN,
  comments: [
    { atMs: RAISED_MS + 4 * MIN, byName: 'Maria Huber', text: 'Nobody inside. Fire service is called.' },
  ],
});

const change = (
  seq: number,
  min: number,
  from: ChangeEntry['from'],
  to: ChangeEntry['to'],
  text: string,
) => ({
  ...{
    seq,
    seenMs: RAISED_MS + min * MIN,
    timeMs: RAISED_MS + min * MIN,
    moduleId: SICK,
    rackId: 'RackA1',
    from,
    to,
  },
  reasons: [reason('B1-55', text, 60, 55)],
});

const CHANGES: ChangeEntry[] = [
  change(7, -4, 'normal', 'advisory', 'Hottest surface 55.2 °C (limit 55 °C)'),
  change(8, 0, 'advisory', 'warning', 'Hottest surface 61.0 °C (limit 60 °C)'),
  change(9, 14, 'warning', 'critical', 'Hottest surface 96.4 °C (limit 90 °C), heating at 4.1 K/min'),
];

const AUDIT = [
  ['emberwatch', 'alarm.raised', 0, { level: 'warning' }],
  ['emberwatch', 'notice.sent', 0.1, { text: 'to shift, page' }],
  ['Maria Huber', 'alarm.acknowledged', 3, { comment: 'seen, looking at the page' }],
  ['emberwatch', 'alarm.escalated', 14, { text: 'from priority 2 to 1' }],
].map(([actor, action, min, detail], i) => ({
  seq: 40 + i,
  atMs: RAISED_MS + (min as number) * MIN,
  actor: actor as string,
  action: action as string,
  subject: 'A000123',
  detail: JSON.stringify(detail),
  hash: String(i).repeat(64),
}));

const threshold = (probability: number) => ({ probability, budget: '1 false alarm in 10 module-years' });

export const sourceOf = (store: FakeStore): EvidenceSource => ({
  store,
  fleet: { state: () => undefined },
  site: SITE,
  policy: policyWithModel({
    advisory: threshold(0.2),
    warning: threshold(0.4),
    critical: threshold(0.62),
  } as never),
  model: { name: 'gbt-standard', sha256: 'ab'.repeat(32) },
  softwareVersion: '0.2.0',
  configurationSha256: 'cd'.repeat(32),
  now: () => RAISED_MS + 40 * MIN,
});

export const stateOf = (moduleId: string, change: Partial<ModuleState> = {}): ModuleState => ({
  moduleId,
  ownLevel: 'normal',
  rackId: moduleId.split('_')[0]!,
  timeMs: RAISED_MS + 20 * MIN,
  level: 'normal',
  gatewayId: 'gw-1',
  sinceMs: RAISED_MS - 3_600_000,
  reasons: [],
  missing: [],
  hazardProbability: 0.001,
  timeToPnr: null,
  drivers: null,
  lastKnownLevel: 'normal',
  isSilent: false,
  ageMs: null,
  clockErrorMs: null,
  values: { hottest_degc: 27.4, co_ppm: 3, h2_ppm: 12, voc_ppm: 2.1 },
  sideStreams: [],
  ...change,
});

/** Racks A1 to A4 and B1 to B4 and so on, eight modules each. */
export function siteStates(moduleCount: number): ModuleState[] {
  return Array.from({ length: moduleCount }, (_, i) => {
    const rack = Math.floor(i / 8);
    const name = `Rack${String.fromCharCode(65 + Math.floor(rack / 4))}${(rack % 4) + 1}`;
    const id = `${moduleCount > 200 ? `Rack${rack + 1}` : name}_Module0${(i % 8) + 1}`;
    const values = {
      hottest_degc: 26 + ((i * 7) % 23) / 6,
      co_ppm: rack === 0 ? 112 : 3,
      h2_ppm: rack === 0 ? 840 : 11,
      voc_ppm: 4,
    };
    if (i === 2)
      return stateOf(id, {
        level: 'critical',
        lastKnownLevel: 'critical',
        sinceMs: RAISED_MS + 14 * MIN,
        values: { ...values, hottest_degc: 187 },
      });
    if (i === 3)
      return stateOf(id, {
        level: 'warning',
        lastKnownLevel: 'warning',
        values: { ...values, hottest_degc: 64 },
      });
    if (i === 1)
      return stateOf(id, {
        level: 'advisory',
        lastKnownLevel: 'advisory',
        values: { ...values, hottest_degc: 56 },
      });
    if (rack === 5)
      return stateOf(id, { level: 'unknown', isSilent: true, timeMs: RAISED_MS + 2 * MIN, values });
    if (i === 12)
      return stateOf(id, {
        level: 'unknown',
        lastKnownLevel: 'warning',
        isSilent: true,
        timeMs: RAISED_MS + 6 * MIN,
        values: { ...values, hottest_degc: 71 },
      });
    return stateOf(id, { values });
  });
}
