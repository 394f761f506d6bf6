/** Alarms in words. */
import type { AlarmKind, AlarmRecord, AlarmState, MaintenanceScope, Priority, Suppression } from '../wire.ts';

export const PRIORITY_WORD: Readonly<Record<Priority, string>> = {
  1: 'Emergency',
  2: 'High',
  3: 'Low',
  4: 'Trouble',
};

export const STATE_WORD: Readonly<Record<AlarmState, string>> = {
  unacknowledged: 'Not acknowledged',
  acknowledged: 'Acknowledged',
  returned: 'Over, not acknowledged',
  latched: 'Over, waits for reset',
  closed: 'Closed',
};

export const KIND_WORD: Readonly<Record<AlarmKind, string>> = {
  hazard: 'Hazard',
  gas: 'Gas',
  silence: 'Module silent',
  'gateway-silence': 'Gateway silent',
  'site-silence': 'Site silent',
  unjudged: 'Not judged',
  'sensor-fault': 'Sensor fault',
  'lost-channel': 'Channel lost',
  'ignored-fields': 'Fields ignored',
  clock: 'Clock',
  'host-clock': 'Clock of this computer',
  rejections: 'Readings refused',
  'duplicate-sender': 'Two senders',
  'late-frames': 'Late readings',
  'module-limit': 'Modules turned away',
  storage: 'Storage',
  detector: 'Detector',
  canary: 'Self-test',
  notification: 'Nobody told',
};

const KINDS = Object.keys(KIND_WORD) as AlarmKind[];

export const kindOf = (text: string | null): AlarmKind | null => KINDS.find((kind) => kind === text) ?? null;

export const KIND_OPTIONS = KINDS.map((value) => ({ value, text: KIND_WORD[value] }));

export const SUPPRESSION_WORD: Readonly<Record<Suppression['kind'], string>> = {
  shelved: 'Shelved',
  'out-of-service': 'Out of service',
  maintenance: 'Under maintenance',
};

/** What it says, without the name that stands beside it. */
export function textOf({ source, text }: Pick<AlarmRecord, 'source' | 'text'>): string {
  const rest = text.startsWith(`${source}: `) ? text.slice(source.length + 2) : text;
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

export const sourceText = (source: string): string => (source === 'site' ? 'Whole site' : source);

export const scopeText = (scope: MaintenanceScope): string =>
  scope.kind === 'site' ? 'Whole site' : scope.id;
