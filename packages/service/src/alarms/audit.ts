/** What the audit log says of alarms. */
import { createHash } from 'node:crypto';
import type { AuditEntry } from '../store/audit-chain.ts';
import type { Transition } from './alarm.ts';

/** What the log says of a transition; the alarm itself stands in its own table. */
export function auditOf({ kind, atMs, byName, reason, alarm }: Transition): AuditEntry {
  const { id, source, priority, state, level, text, suppression, members, modelSha256 } = alarm;
  const rules = alarm.reasons.map(({ rule }) => rule);
  const detail = {
    kind: alarm.kind,
    source,
    state,
    priority,
    level,
    text,
    reason,
    rules,
    members: members.length,
    ...(suppression && { suppression: { kind: suppression.kind, untilMs: suppression.untilMs } }),
    ...(kind === 'commented' && { comment: alarm.comments.at(-1)?.text }),
    ...(modelSha256 !== null && { modelSha256 }),
    // All that is shown of the alarm is covered by the chain.
    alarmSha256: createHash('sha256').update(JSON.stringify(alarm)).digest('hex'),
  };
  return { atMs, actor: byName, action: `alarm.${kind}`, subject: id, detail };
}
