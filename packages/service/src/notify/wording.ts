/** A notice as plain text for a person on shift: what happened, what to do, then where, when and why. */
import { MS_PER_MIN } from '@emberwatch/engine/units';
import { PRIORITY_WORDS } from '../alarms/alarm.ts';
import { instantText } from '../evidence/times.ts';
import { NOTICE_TEXTS } from '../messages.ts';
import type { AlarmKind } from '../records.ts';
import type { Notice, NoticeAlarm, NoticeItem } from './notice.ts';

const STEPS = NOTICE_TEXTS.steps;
const FIELD_CHARS = 10;

export interface TextPlace {
  /** IANA name of the time zone of the site. */
  readonly timeZone: string;
  /** Without a slash at its end; null: no links. */
  readonly pageUrl: string | null;
}

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
    ? NOTICE_TEXTS.testSubject
    : `${PRIORITY_WORDS[alarm.priority].toUpperCase()} ${whatOf(alarm)} ${alarm.source}: ${NOTICE_TEXTS.events[first.event]}`;
  const more = items.length > 1 ? ` (and ${items.length - 1} more)` : '';
  return oneLine(`[${siteName}] ${what}${more}`).slice(0, 200);
}

/** Some module is not monitored. */
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
  if (kind === 'hazard' || kind === 'gas') return priority <= 2 ? STEPS.hazard : STEPS.lowHazard;
  return BLIND.includes(kind) ? STEPS.notMonitored : STEPS.service;
}

const listText = ({ members, memberCount }: NoticeAlarm): string =>
  `${members.map(oneLine).join(', ')}${memberCount > members.length ? `, … (${memberCount} in total)` : ''}`;

const headlineOf = ({ event, alarm }: NoticeItem): string =>
  `${NOTICE_TEXTS.events[event].toUpperCase()}: ${oneLine(alarm.text)}`;

function detailsOf(item: NoticeItem, { timeZone, pageUrl }: TextPlace): string {
  const { alarm, atMs, byName, reason } = item;
  const isModule = alarm.rackId !== null && alarm.memberCount === 0 && alarm.source !== alarm.rackId;
  const { fields } = NOTICE_TEXTS;
  const field = (label: string, text: string): string => `  ${`${label}:`.padEnd(FIELD_CHARS)} ${text}`;
  const lines: readonly (string | null)[] = [
    field(fields.alarm, `${alarm.id}, ${levelText(alarm)}`),
    field(isModule ? fields.module : fields.source, oneLine(alarm.source)),
    alarm.rackId === null ? null : field(fields.rack, oneLine(alarm.rackId)),
    alarm.gatewayId === null ? null : field(fields.gateway, oneLine(alarm.gatewayId)),
    alarm.memberCount === 0 ? null : field(fields.members, listText(alarm)),
    // Of a step of escalation it is the beginning: how long ago, the message itself tells.
    field(item.step > 0 ? fields.since : fields.time, instantText(atMs, timeZone)),
    Math.abs(alarm.dataChangedMs - atMs) < MS_PER_MIN
      ? null
      : field(fields.dataTime, instantText(alarm.dataChangedMs, timeZone)),
    byName === 'emberwatch'
      ? null
      : field(fields.by, `${oneLine(byName)}${reason ? `: ${oneLine(reason)}` : ''}`),
    alarm.reasons.length === 0 ? null : `  ${fields.why}:`,
    ...alarm.reasons.map((text) => `    - ${oneLine(text)}`),
    alarm.agreement === null ? null : `    - ${oneLine(alarm.agreement)}`,
    pageUrl === null ? null : field(fields.dashboard, `${pageUrl}/?alarm=${encodeURIComponent(alarm.id)}`),
  ];
  return lines.filter((line) => line !== null).join('\n');
}

export function textOf(notice: Notice, place: TextPlace): string {
  const { siteName, items, key } = notice;
  const isTest = items[0]!.event === 'test';
  const steps = isTest
    ? STEPS.test
    : [...new Set(items.filter(isGoing).flatMap(({ alarm }) => stepsFor(alarm)))];
  return [
    `${NOTICE_TEXTS.site}: ${oneLine(siteName)}`,
    '',
    ...items.map(headlineOf),
    '',
    ...(steps.length === 0
      ? []
      : [NOTICE_TEXTS.whatToDo, ...steps.map((step, i) => `  ${i + 1}. ${step}`), '']),
    NOTICE_TEXTS.details,
    ...items.flatMap((item) => [detailsOf(item, place), '']),
    NOTICE_TEXTS.advisory,
    `${NOTICE_TEXTS.notice} ${key}`,
    '',
  ].join('\n');
}

/** Whether the condition still asks for something. */
const isGoing = ({ alarm }: NoticeItem): boolean =>
  alarm.state === 'unacknowledged' ||
  alarm.state === 'acknowledged' ||
  alarm.kind === 'hazard' ||
  alarm.kind === 'gas';
