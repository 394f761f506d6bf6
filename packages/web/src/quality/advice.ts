/** What to do about each kind of bad data, in a sentence. */

import type { SensorFaultKind } from '@emberwatch/engine/detector';
import { REJECTION_REASONS, type RejectionReason } from '@emberwatch/engine/telemetry';
import type { Gateway } from '../wire.ts';

/** By what the detector misses, before its colon. */
const OF_GAP: Readonly<Record<string, string>> = {
  'no surface temperature':
    'Deliver a surface temperature of each module: without heat only voltage and gas can speak, and most warnings rest on heat.',
  'no voltage':
    'Deliver the voltage of the module: with it a collapse is seen, and critical needs two kinds of physics.',
  'no cell voltages':
    'Deliver the lowest and the highest cell voltage, or all of them: imbalance is the sign that comes days ahead.',
  'no gas sensor': 'Fit a gas sensor to the rack, or accept that venting is told by heat and voltage alone.',
  'no capacity':
    'Name the capacity in the settings of the site: then heat of the load is told from heat of a fault.',
};

export const adviceOnGap = (text: string): string | null => OF_GAP[text.split(':')[0]!] ?? null;

interface ReasonEntry {
  readonly means: string;
  readonly advice: string;
}

const CLOCK = 'Set the clock of the gateway (NTP), and let each device stamp in UTC.';
const DECODE = 'Compare this column with the mapping of the gateway.';

const OF_REJECTION: Readonly<Record<RejectionReason, string>> = {
  'not-a-number': `${DECODE} Name in it what the device writes where it has no value.`,
  'out-of-range': `${DECODE} A wrong unit or scale gives this; else the sensor is broken or not connected.`,
  sentinel: 'Harmless where the device has no such sensor. Else ask why it reports none.',
  'bad-time': `${DECODE} The time needs a format and a zone that are named.`,
  'missing-time':
    'Stamp each reading at the device: the time of arrival says nothing of when it was measured.',
  'duplicate-time': 'Rows come twice: send each once.',
  'contradicting-values':
    'Rows of a module say different things of one time: give the time in milliseconds, or find out who else sends under this name.',
  'time-goes-back': `${CLOCK} Rows that waited come after newer ones, too: send the oldest first.`,
  'time-leaps': CLOCK,
  'missing-module': 'Name the module in each row, or in the mapping.',
  'bad-name': 'Send the names of modules and racks as text: a record, a list or NaN is no name.',
  'unknown-module': 'Add the module to the settings of the site, or correct its name at the gateway.',
  'bad-encoding': 'Send names as UTF-8.',
  'bad-row': 'Look at the value shown: the gateway sends rows that are cut or mixed.',
  'too-many-fields':
    'The gateway sends more columns than it has announced: start it anew with its present header.',
  'too-few-fields': 'The gateway sends fewer columns than it has announced: rows are cut.',
  truncated: 'The body ended early: look for limits of a proxy, and send smaller batches.',
  'trailing-bytes': 'Something follows the packed data: pack each batch by itself.',
  'unreadable-file': 'Pack the file anew.',
};

/** Rejected by the service although it can be read. */
const OF_REJECT_CODE: Readonly<Record<string, ReasonEntry>> = {
  'module-limit': {
    means: 'more modules than this service takes',
    advice: 'Raise the limit in the settings, or look for names that change from row to row.',
  },
  'module-name-too-long': {
    means: 'the name of the module or of its rack is too long',
    advice: 'Shorten the name at the gateway.',
  },
  'foreign-module': {
    means: 'not a module that this gateway may deliver',
    advice:
      'Its token is bound to other modules: make a token for these, or find who delivers under a foreign name.',
  },
  'bad-body': {
    means: 'the whole message cannot be read',
    advice:
      'Look at the value shown: nothing of these messages is evaluated until the gateway sends what it should.',
  },
  'no-birth': {
    means: 'Sparkplug data before the birth that says what they are',
    advice: 'The edge node has to answer Node Control/Rebirth: see that it subscribes to its NCMD topic.',
  },
  failed: {
    means: 'the service failed on the whole message',
    advice:
      'This is a defect of Emberwatch. The message is set aside (GET /api/v1/set-aside): report it, and check this module on site.',
  },
};

export function reasonEntry(reason: string): ReasonEntry {
  const means = (REJECTION_REASONS as Readonly<Record<string, string>>)[reason];
  if (means !== undefined) return { means, advice: OF_REJECTION[reason as RejectionReason] };
  return OF_REJECT_CODE[reason] ?? { means: reason.replaceAll('-', ' '), advice: '' };
}

/** Rejected for their time. */
export const isOfClock = (reason: string): boolean => /time|ahead/.test(reason);

export const FAULT_ADVICE: Readonly<Record<SensorFaultKind, string>> = {
  stuck:
    'Compare it with a hand-held instrument; look for a frozen register or a gateway that repeats old values.',
  impossible: 'Look at plug and wire, then at unit and scale in the mapping.',
  dropout: 'Look at plug and wire, and whether the device still polls it.',
  disagrees: 'Find out which of the channels is right before the module is trusted again.',
};

/** What there is to do about a gateway; empty where nothing is. */
export function adviceOnGateway(gateway: Gateway): string[] {
  const { isGone, frames, late, repeated, rejected, rejectedBodies, lastDelivery, deviceEvents } = gateway;
  const advice: string[] = [];
  if (isGone) advice.push('It is gone: look at its power and network; its modules are not watched.');
  if (late > frames * WORTH_A_WORD)
    advice.push(
      'Many frames come late: they are stored but not judged. Send the oldest first, and more often.',
    );
  if (repeated > frames * WORTH_A_WORD)
    advice.push(
      lastDelivery === null
        ? 'Frames come again and again: number the deliveries, so that a repeated one costs nothing.'
        : 'Frames come again and again: does the gateway wait for the answer before it sends anew?',
    );
  if (rejected > frames * WORTH_A_WORD) advice.push('Much of it is refused: see the refused rows.');
  if (rejectedBodies > frames * WORTH_A_WORD)
    advice.push('Whole messages cannot be read, so nothing of them is evaluated: see the refused rows.');
  if (deviceEvents.some(({ isAlarm }) => isAlarm))
    advice.push('A device reports an alarm of its own: the BMS decides there, look at it first.');
  return advice;
}

/** A share of the frames below this is what networks do. */
const WORTH_A_WORD = 0.01;
