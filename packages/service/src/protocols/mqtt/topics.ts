/**
 * Topics of the service.
 *
 * | topic | |
 * | --- | --- |
 * | `emberwatch/<site>/<gateway>/frames` | in: JSON, NDJSON or CSV |
 * | `emberwatch/<site>/<gateway>/<epoch>/<number>/frames` | in: the same, numbered |
 * | `emberwatch/<site>/<gateway>/status` | in: `online` or `offline` (a will) |
 * | `spBv1.0/<group>/<type>/<edge>[/<device>]` | in and out: Sparkplug B |
 * | `emberwatch/<site>/alarms/<alarmId>` | out, retained: the alarm as JSON; empty once it is closed |
 * | `emberwatch/<site>/heartbeat` | out, retained: JSON |
 * | `emberwatch/<site>/status` | out, retained: `online` or `offline`, on an external broker |
 */

export type TopicMeaning =
  | {
      readonly kind: 'frames';
      readonly gatewayId: string;
      readonly epoch: string | null;
      readonly number: string | null;
    }
  | { readonly kind: 'status'; readonly gatewayId: string }
  | {
      readonly kind: 'sparkplug';
      readonly group: string;
      readonly type: string;
      readonly edge: string;
      readonly device: string | null;
    };

const ROOT = 'emberwatch';
export const SPARKPLUG_ROOT = 'spBv1.0';

/** What a topic says to this site; null: nothing. */
export function meaningOf(topic: string, site: string): TopicMeaning | null {
  const levels = topic.split('/');
  if (levels.includes('')) return null;
  if (levels[0] === SPARKPLUG_ROOT) {
    const [, group, type, edge, device] = levels;
    if (group === undefined || type === undefined || edge === undefined || levels.length > 5) return null;
    return { kind: 'sparkplug', group, type, edge, device: device ?? null };
  }
  if (levels[0] !== ROOT || levels[1] !== site) return null;
  const gatewayId = levels[2]!;
  const last = levels.at(-1);
  if (levels.length === 4 && last === 'frames')
    return { kind: 'frames', gatewayId, epoch: null, number: null };
  if (levels.length === 4 && last === 'status') return { kind: 'status', gatewayId };
  if (levels.length === 6 && last === 'frames')
    return { kind: 'frames', gatewayId, epoch: levels[3]!, number: levels[4]! };
  return null;
}

/** What an external broker is asked for. */
export const filtersOf = (site: string): string[] =>
  ['+/frames', '+/+/+/frames', '+/status'].map((rest) => `${ROOT}/${site}/${rest}`);

export const alarmTopic = (site: string, alarmId: string): string => `${ROOT}/${site}/alarms/${alarmId}`;
export const statusTopic = (site: string): string => `${ROOT}/${site}/status`;
export const stateTopic = (hostId: string): string => `${SPARKPLUG_ROOT}/STATE/${hostId}`;

export const isTopicName = (topic: string): boolean => topic !== '' && !/[+#]/.test(topic);

/** `#` only as the last level, `+` only as a whole level (MQTT 5, 4.7.1). */
export function isTopicFilter(filter: string): boolean {
  const levels = filter.split('/');
  return (
    filter !== '' &&
    levels.every((level, i) => {
      if (level.includes('#')) return level === '#' && i === levels.length - 1;
      return !level.includes('+') || level === '+';
    })
  );
}

export function matchesLevels(wanted: readonly string[], levels: readonly string[]): boolean {
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '#') return true;
    if (i >= levels.length || (wanted[i] !== '+' && wanted[i] !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}
