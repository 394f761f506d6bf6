/** Which devices are polled, and how. */
import { InputError } from '@emberwatch/engine/telemetry';
import { type Static, Type } from 'typebox';
import { MODEL_IDS } from '../sunspec/models.ts';
import { namesOf, SunSpecSettings } from '../sunspec/settings.ts';

/** A request may ask for so many registers (Modbus application protocol 1.1b3, 6.3 and 6.4). */
export const MAX_BLOCK_REGISTERS = 125;
/** The fixed part of each model fits: values and their scale factors come with one answer. */
const MIN_BLOCK_REGISTERS = 64;
const MAX_DEVICES = 64;

export const ModbusDevice = Type.Object(
  {
    /** Name of the device as a gateway, once on a site. */
    name: Type.String({ minLength: 1, maxLength: 128 }),
    /** Name or address in the network. */
    host: Type.String({ minLength: 1, maxLength: 255 }),
    /** TCP port. Default 502. */
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** Unit id; behind a serial gateway the number of the device. Default 1. */
    unit: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    /** `holding` (function 3, default) or `input` (function 4). Nothing else is ever sent. */
    registers: Type.Optional(
      Type.Unsafe<'holding' | 'input'>({ type: 'string', enum: ['holding', 'input'] }),
    ),
    /** Addresses, counted from 0, at which the chain of models is looked for. Default 40000, 0, 50000. */
    bases: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 65_533 }), { minItems: 1, maxItems: 16 }),
    ),
    /** Models at known addresses (that of the model id), for devices without a chain; none is looked for then. */
    models: Type.Optional(
      Type.Array(
        Type.Object(
          {
            model: Type.Unsafe<number>({ type: 'integer', enum: [...MODEL_IDS] }),
            address: Type.Integer({ minimum: 0, maximum: 65_533 }),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 1024 },
      ),
    ),
    /** From one reading to the next. Default 1000. */
    intervalMs: Type.Optional(Type.Integer({ minimum: 10, maximum: 3_600_000 })),
    /** For the connection, and for each answer. Default 2000. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 10, maximum: 60_000 })),
    /** Registers in one request, for devices that take fewer than 125. */
    blockRegisters: Type.Optional(
      Type.Integer({ minimum: MIN_BLOCK_REGISTERS, maximum: MAX_BLOCK_REGISTERS }),
    ),
    /**
     * A heartbeat (802.Hb) that was seen to move and stands still for so long: the values are old ones, whatever
     * still answers. Default 30000; 0 never.
     */
    heartbeatTimeoutMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600_000 })),
    sunspec: Type.Optional(SunSpecSettings),
  },
  { additionalProperties: false },
);
export type ModbusDevice = Static<typeof ModbusDevice>;

export const ModbusSettings = Type.Object(
  {
    /** Each is read over a connection of its own, one request at a time. */
    devices: Type.Array(ModbusDevice, { maxItems: MAX_DEVICES }),
  },
  { additionalProperties: false },
);
export type ModbusSettings = Static<typeof ModbusSettings>;

export const DEFAULT_PORT = 502;
export const DEFAULT_UNIT = 1;
export const DEFAULT_BASES: readonly number[] = [40_000, 0, 50_000];
export const DEFAULT_INTERVAL_MS = 1000;
export const DEFAULT_TIMEOUT_MS = 2000;
export const DEFAULT_HEARTBEAT_TIMEOUT_MS = 30_000;

/** What a schema cannot say. Throws InputError. */
export function checkModbusSettings({ devices }: ModbusSettings): void {
  const seen = new Set<string>();
  for (const { name, sunspec = {} } of devices) {
    if (seen.has(name)) throw new InputError(`modbus: two devices are called "${name}"`);
    seen.add(name);
    try {
      namesOf(sunspec);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`modbus: device "${name}": ${error.message}`);
    }
  }
}
