import type { Frame } from '@emberwatch/engine/telemetry';

/** Why what arrives is not taken although its rows could be read, or why nothing of it could. */
export const REJECTION_TEXTS = {
  'module-limit': 'more modules than this service takes, or than one gateway may add',
  'module-name-too-long': 'the name of the module or of its rack is too long',
  'foreign-module': 'not a module that this gateway may deliver',
  'bad-body': 'the whole message cannot be read',
  'no-birth': 'Sparkplug data before the birth that says what they are',
  failed: 'the service failed on the whole message: a defect of the service',
} as const;
export type RejectCode = keyof typeof REJECTION_TEXTS;

export const unreadable = ({ moduleId, rackId }: Frame, maxChars: number): RejectCode | null =>
  moduleId.length > maxChars || (rackId ?? '').length > maxChars ? 'module-name-too-long' : null;
