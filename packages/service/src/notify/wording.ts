/** A notice as plain text for a person on shift: what, where, why, what to do, when. */
import { MS_PER_MIN } from '@emberwatch/engine/units';
import { type AlarmKind, PRIORITY_WORDS } from '../alarms/alarm.ts';
import { instantText } from '../evidence/times.ts';
import type { Notice, NoticeAlarm, NoticeItem } from './notice.ts';

export interface TextPlace {
  /** IANA name of the time zone of the site. */
  readonly timeZone: string;
  /** Without a slash at its end; null: no links. */
  readonly pageUrl: string | null;
}

const EVENT_WORDS: Readonly<Record<NoticeItem['event'], string>> = {
  raised: 'New alarm',
  escalated: 'Alarm has grown graver',
  eased: 'Alarm has eased',
  returned: 'Condition no longer holds',
  renewed: 'Condition has come back',
  acknowledged: 'Alarm acknowledged',
  shelved: 'Alarm shelved',
  unshelved: 'Alarm no longer shelved',
  'out-of-service': 'Taken out of service',
  'in-service': 'Back in service',
  maintenance: 'Under maintenance',
  'maintenance-ended': 'Maintenance has ended',
  updated: 'Alarm has changed',
  commented: 'Comment',
  reset: 'Alarm reset',
  closed: 'Alarm closed',
  unacknowledged: 'Nobody has acknowledged',
  test: 'TEST',
};

/** Names and texts come from gateways: no line of theirs may pass for one of ours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is there to remove
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;
const oneLine = (text: string): string => text.replace(UNPRINTABLE, ' ').trim();

const levelText = ({ level, priority }: NoticeAlarm): string =>
  `${level === null ? '' : `${level.toUpperCase()}, `}priority ${priority} (${PRIORITY_WORDS[priority]})`;

/** `warning`, `gas warning`, `gateway-silence`. */
const whatOf = ({ kind, level }: NoticeAlarm): string =>
  level === null ? kind : kind === 'gas' ? `gas ${level}` : level;

export function subjectOf({ siteName, items }: Notice): string {
  const first = items[0]!;
  const isTest = first.event === 'test';
  const { alarm } = first;
  const what = isTest
    ? 'TEST notice, no alarm'
    : `${PRIORITY_WORDS[alarm.priority].toUpperCase()} ${whatOf(alarm)} ${alarm.source}: ${EVENT_WORDS[first.event]}`;
  const more = items.length > 1 ? ` (and ${items.length - 1} more)` : '';
  return oneLine(`[${siteName}] ${what}${more}`).slice(0, 200);
}

const HAZARD_STEPS = [
  'Do NOT open the door of the battery room, container or rack, and do not go in. Keep others away.',
  'Follow the emergency plan of the site. In doubt, call the fire service early.',
  'Look at the page: temperatures, gas and neighbours. A falling value or silence is no all-clear.',
  'Acknowledge the alarm, so that others know that somebody acts.',
];
const EASY_HAZARD_STEPS = [
  'Do NOT open the door to have a look. Read the values on the page first, and watch them.',
  'If it grows graver, follow the emergency plan of the site.',
  'Acknowledge the alarm, so that others know that somebody looks.',
];
const BLIND_STEPS = [
  'What is silent, unjudged or faulty is NOT being watched: take its state for unknown, not for safe.',
  'Check power and network of gateway and sensors from outside the battery room.',
  'If other signs of heat, gas or smoke exist, follow the emergency plan of the site.',
];
const SERVICE_STEPS = [
  'Watching may be incomplete until this is repaired. Tell who runs Emberwatch.',
  'Until then watch the battery by other means (BMS, fire panel).',
];

const BLIND: readonly AlarmKind[] = [
  'silence',
  'gateway-silence',
  'site-silence',
  'unjudged',
  'sensor-fault',
  'clock',
  'rejections',
  'ignored-fields',
  'lost-channel',
];

function stepsFor({ kind, priority }: NoticeAlarm): readonly string[] {
  if (kind === 'hazard' || kind === 'gas') return priority <= 2 ? HAZARD_STEPS : EASY_HAZARD_STEPS;
  return BLIND.includes(kind) ? BLIND_STEPS : SERVICE_STEPS;
}

const listText = ({ members, memberCount }: NoticeAlarm): string =>
  `${members.map(oneLine).join(', ')}${memberCount > members.length ? `, … (${memberCount} in all)` : ''}`;

function itemText(item: NoticeItem, { timeZone, pageUrl }: TextPlace): string {
  const { alarm, event, atMs, byName, reason } = item;
  const isModule = alarm.rackId !== null && alarm.memberCount === 0 && alarm.source !== alarm.rackId;
  const lines: readonly (string | null)[] = [
    `${EVENT_WORDS[event].toUpperCase()}: ${oneLine(alarm.text)}`,
    `  Alarm:    ${alarm.id}, ${levelText(alarm)}`,
    `  ${isModule ? 'Module:  ' : 'Source:  '} ${oneLine(alarm.source)}`,
    alarm.rackId === null ? null : `  Rack:     ${oneLine(alarm.rackId)}`,
    alarm.gatewayId === null ? null : `  Gateway:  ${oneLine(alarm.gatewayId)}`,
    alarm.memberCount === 0 ? null : `  Concerns: ${listText(alarm)}`,
    // Of a step of escalation it is the beginning: how long ago, the message itself tells.
    `  ${item.step > 0 ? 'Since:   ' : 'Time:    '} ${instantText(atMs, timeZone)}`,
    Math.abs(alarm.dataChangedMs - atMs) < MS_PER_MIN
      ? null
      : `  By data:  ${instantText(alarm.dataChangedMs, timeZone)}`,
    byName === 'emberwatch' ? null : `  By:       ${oneLine(byName)}${reason ? `: ${oneLine(reason)}` : ''}`,
    alarm.reasons.length === 0 ? null : '  Why:',
    ...alarm.reasons.map((text) => `    - ${oneLine(text)}`),
    alarm.agreement === null ? null : `    - ${oneLine(alarm.agreement)}`,
    pageUrl === null ? null : `  Page:     ${pageUrl}/?alarm=${encodeURIComponent(alarm.id)}`,
  ];
  return lines.filter((line) => line !== null).join('\n');
}

const ADVISORY =
  'Emberwatch is advisory only: it switches nothing and proves no safety. The BMS, the fire panel and the people ' +
  'on site decide.';

export function textOf(notice: Notice, place: TextPlace): string {
  const { siteName, items, key } = notice;
  const isTest = items[0]!.event === 'test';
  const steps = isTest
    ? ['Nothing. This notice only shows that the channel works.']
    : [...new Set(items.filter(isGoing).flatMap(({ alarm }) => stepsFor(alarm)))];
  return [
    `Site: ${oneLine(siteName)}`,
    '',
    ...items.flatMap((item) => [itemText(item, place), '']),
    ...(steps.length === 0 ? [] : ['WHAT TO DO', ...steps.map((step, i) => `  ${i + 1}. ${step}`), '']),
    ADVISORY,
    `Notice ${key}`,
    '',
  ].join('\n');
}

/** Whether the condition still asks for something. */
const isGoing = ({ alarm }: NoticeItem): boolean =>
  alarm.state === 'unacknowledged' ||
  alarm.state === 'acknowledged' ||
  alarm.kind === 'hazard' ||
  alarm.kind === 'gas';
