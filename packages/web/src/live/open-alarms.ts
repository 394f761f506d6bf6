/** Alarms that are not closed, renewed in place by the event stream. */
import type { AlarmRecord } from '../wire.ts';

export class OpenAlarms {
  private readonly byId = new Map<string, AlarmRecord>();
  private listed: readonly AlarmRecord[] | null = null;

  get(id: string): AlarmRecord | undefined {
    return this.byId.get(id);
  }

  /** Oldest first; the same list until something changes. */
  all(): readonly AlarmRecord[] {
    this.listed ??= [...this.byId.values()];
    return this.listed;
  }

  replace(alarms: readonly AlarmRecord[]): void {
    this.byId.clear();
    for (const alarm of alarms) this.byId.set(alarm.id, alarm);
    this.listed = null;
  }

  put(alarm: AlarmRecord): void {
    if (alarm.state === 'closed') this.byId.delete(alarm.id);
    else this.byId.set(alarm.id, alarm);
    this.listed = null;
  }
}
