/** Reason codes of MQTT 5 (2.4), and what stands for them in 3.1.1. */
import type { Outcome } from './reception.ts';

export const REASON = {
  withWill: 0x04,
  noSubscription: 0x11,
  /** The first that is a refusal; in a SUBACK of 3.1.1 the only one. */
  refused: 0x80,
  malformed: 0x81,
  protocol: 0x82,
  unsupportedVersion: 0x84,
  badClientId: 0x85,
  badLogin: 0x86,
  notAuthorized: 0x87,
  unavailable: 0x88,
  shuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  takenOver: 0x8e,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  noSharedSubscriptions: 0x9e,
  noSubscriptionIdentifiers: 0xa1,
} as const;

/** What a PUBACK or PUBREC of MQTT 5 says. */
export const REASON_OF_OUTCOME: Readonly<Record<Outcome['kind'], number>> = {
  stored: 0,
  busy: REASON.quotaExceeded,
  invalid: 0x99,
  forbidden: REASON.notAuthorized,
  'unknown-topic': 0x90,
  failed: 0x83,
};

const RETURN_CODES = new Map<number, number>([
  [REASON.unsupportedVersion, 1],
  [REASON.badClientId, 2],
  [REASON.unavailable, 3],
  [REASON.badLogin, 4],
]);
const RETURN_NOT_AUTHORIZED = 5;

/** For a CONNACK of 3.1.1 (3.2.2.3). */
export const returnCodeOf = (reasonCode: number): number =>
  RETURN_CODES.get(reasonCode) ?? RETURN_NOT_AUTHORIZED;
