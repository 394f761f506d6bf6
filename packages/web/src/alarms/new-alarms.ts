/** Which alarms are news, and how they are said. */
import { countText } from '../ui/format.ts';
import type { AlarmRecord } from '../wire.ts';
import { byGravity, waitsForLook } from './order.ts';
import { PRIORITY_WORD, sourceText } from './words.ts';

const SPOKEN_AT_ONCE = 2;

/** Of a hazard the change of level is said with its reason already. */
const sentenceOf = (alarm: AlarmRecord): string =>
  alarm.kind === 'hazard'
    ? `Alarm, ${PRIORITY_WORD[alarm.priority]}: ${sourceText(alarm.source)}.`
    : `Alarm, ${PRIORITY_WORD[alarm.priority]}: ${alarm.text}`;

/** New since `known`, by when they last asked for a look. */
export function newAlarmsOf(
  alarms: readonly AlarmRecord[],
  known: ReadonlyMap<string, number>,
): AlarmRecord[] {
  return alarms
    .filter((alarm) => waitsForLook(alarm) && known.get(alarm.id) !== alarm.escalatedMs)
    .sort(byGravity);
}

export function spokenText(pending: readonly AlarmRecord[]): string {
  const said = pending.slice(0, SPOKEN_AT_ONCE).map(sentenceOf).join(' ');
  return pending.length > SPOKEN_AT_ONCE ? `${countText(pending.length, 'new alarm')}. ${said}` : said;
}

/** When each last asked for a look. */
export const knownOf = (alarms: readonly AlarmRecord[]): Map<string, number> =>
  new Map(alarms.map(({ id, escalatedMs }) => [id, escalatedMs]));
