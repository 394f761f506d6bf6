/** What a BMS says of itself: bits of Evt1, why a string did not connect, the state of the battery. */
import type { Names } from './settings.ts';
import type { Reading, Value, Values } from './values.ts';

export interface DeviceEvent {
  /** Bank or rack. */
  readonly source: string;
  /** Model and point: `804.Evt1`. */
  readonly point: string;
  /** Bit of a bit field, value of an enumeration. */
  readonly bit: number;
  readonly name: string;
  /** Graver than a warning or a remark. */
  readonly isAlarm: boolean;
}

/** Bits of Evt1 in the order of the source; 802 gives bit 24 a meaning that 803 and 804 do not. */
const EVT1 = `COMMUNICATION_ERROR OVER_TEMP_ALARM OVER_TEMP_WARNING UNDER_TEMP_ALARM UNDER_TEMP_WARNING
  OVER_CHARGE_CURRENT_ALARM OVER_CHARGE_CURRENT_WARNING OVER_DISCHARGE_CURRENT_ALARM OVER_DISCHARGE_CURRENT_WARNING
  OVER_VOLT_ALARM OVER_VOLT_WARNING UNDER_VOLT_ALARM UNDER_VOLT_WARNING UNDER_SOC_MIN_ALARM UNDER_SOC_MIN_WARNING
  OVER_SOC_MAX_ALARM OVER_SOC_MAX_WARNING VOLTAGE_IMBALANCE_WARNING TEMPERATURE_IMBALANCE_ALARM
  TEMPERATURE_IMBALANCE_WARNING CONTACTOR_ERROR FAN_ERROR GROUND_FAULT OPEN_ACCESS_ERROR RESERVED_1 OTHER_ALARM
  OTHER_WARNING RESERVED_2 CONFIGURATION_ALARM CONFIGURATION_WARNING`.split(/\s+/);
const EVT1_OF_BATTERY: Readonly<Record<number, string>> = {
  24: 'CURRENT_IMBALANCE_WARNING',
  27: 'RESERVED_1',
};
/** Bit 31 voids the field, so it is never seen set. */
const BITS = 31;
const ALARM_NAME = /(?:_ALARM|_ERROR|_FAULT)$/;

const CON_FAIL = `NO_FAILURE BUTTON_PUSHED STR_GROUND_FAULT OUTSIDE_VOLTAGE_RANGE STRING_NOT_ENABLED FUSE_OPEN
  CONTACTOR_FAILURE PRECHARGE_FAILURE STRING_FAULT`.split(/\s+/);
/** Done by people, no failure. */
const NO_ALARM: ReadonlySet<string> = new Set(['BUTTON_PUSHED', 'STRING_NOT_ENABLED']);

const STATE_FAULT = 99;
const CONTROL_LOCAL = 1;

export function eventsOf(readings: readonly Reading[], names: Names): DeviceEvent[] {
  return readings.flatMap(({ model: { id }, values, repeats }) => {
    if (id === 802) return batteryEvents(values, names.bankId);
    if (id === 803)
      return repeats.flatMap((values, i) => stringEvents(values, '803.Str', names.rackId({ string: i + 1 })));
    const string = values.get('Idx');
    if (id !== 804) return [];
    return stringEvents(values, '804.', typeof string === 'number' ? names.rackId({ string }) : names.bankId);
  });
}

function batteryEvents(values: Values, source: string): DeviceEvent[] {
  const events = bitEvents(values.get('Evt1'), '802.Evt1', source, EVT1_OF_BATTERY);
  if (values.get('State') === STATE_FAULT)
    events.push({ source, point: '802.State', bit: STATE_FAULT, name: 'FAULT', isAlarm: true });
  if (values.get('LocRemCtl') === CONTROL_LOCAL)
    events.push({ source, point: '802.LocRemCtl', bit: CONTROL_LOCAL, name: 'LOCAL', isAlarm: false });
  return events;
}

/** The same points under two names: `Evt1` in 804, `StrEvt1` in 803. */
function stringEvents(values: Values, beginning: string, source: string): DeviceEvent[] {
  const prefix = beginning.slice('80x.'.length);
  const events = bitEvents(values.get(`${prefix}Evt1`), `${beginning}Evt1`, source, {});
  const bit = values.get(`${prefix}ConFail`);
  if (typeof bit !== 'number' || bit === 0) return events;
  const name = CON_FAIL[bit] ?? `VALUE_${bit}`;
  return [...events, { source, point: `${beginning}ConFail`, bit, name, isAlarm: !NO_ALARM.has(name) }];
}

function bitEvents(
  field: Value | undefined,
  point: string,
  source: string,
  otherNames: Readonly<Record<number, string>>,
): DeviceEvent[] {
  if (typeof field !== 'number') return [];
  const events: DeviceEvent[] = [];
  for (let bit = 0; bit < BITS; bit++) {
    if (((field >>> bit) & 1) === 0) continue;
    const name = otherNames[bit] ?? EVT1[bit] ?? `BIT_${bit}`;
    events.push({ source, point, bit, name, isAlarm: ALARM_NAME.test(name) });
  }
  return events;
}
