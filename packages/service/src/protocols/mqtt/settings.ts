/** How MQTT is set up: the embedded broker, somebody else's, and Sparkplug B through either. */
import { type Static, Type } from 'typebox';
import {
  DEFAULT_FRESH_FOR_MS,
  DEFAULT_MODULE_ID,
  DEFAULT_NODE_MODULE_ID,
  DEFAULT_RACK_ID,
  DEFAULT_REBIRTH_EVERY_MS,
} from '../sparkplug/host.ts';
import { TARGETS } from '../sparkplug/mapping.ts';
import { EXTERNAL_LIMITS, MQTT_LIMITS } from './limits.ts';

const closed = { additionalProperties: false };
const Path = Type.String({ minLength: 1 });
/** One level of a topic. */
const LEVEL = '^[^/+#$\\u0000]{1,128}$';
const MAX_PACKET_BYTES = 8 * 1024 * 1024;

const EmbeddedSettings = Type.Object(
  {
    host: Type.Optional(Type.String({ minLength: 1, description: 'Default 127.0.0.1.' })),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description: 'Default 1883.' })),
    tls: Type.Optional(
      Type.Object(
        { certFile: Path, keyFile: Path },
        { ...closed, description: 'Without it tokens cross the network as they are.' },
      ),
    ),
    maxConnections: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, description: `Default ${MQTT_LIMITS.connections}.` }),
    ),
    maxPacketBytes: Type.Optional(
      Type.Integer({
        minimum: 1024,
        maximum: MAX_PACKET_BYTES,
        description: `A message with its header. Default ${MQTT_LIMITS.packetBytes}.`,
      }),
    ),
  },
  closed,
);

const ExternalSettings = Type.Object(
  {
    url: Type.String({
      pattern: '^mqtts?://[^/@\\s]+$',
      description: 'mqtt://host:1883, or mqtts://host:8883 for TLS. No password in it.',
    }),
    protocol: Type.Optional(
      Type.Unsafe<'3.1.1' | '5'>({ type: 'string', enum: ['3.1.1', '5'], description: 'Default 5.' }),
    ),
    clientId: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'The broker keeps what comes meanwhile under this name. Default emberwatch-<site>.',
      }),
    ),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    password: Type.Optional(
      Type.Union(
        [Type.Object({ env: Type.String({ minLength: 1 }) }, closed), Type.Object({ file: Path }, closed)],
        { description: 'Where it is read from.' },
      ),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          caFile: Type.Optional(Path),
          certFile: Type.Optional(Path),
          keyFile: Type.Optional(Path),
        },
        { ...closed, description: 'Authority of the broker; certificate and key of this client.' },
      ),
    ),
    sessionExpiryS: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 0xffff_fffe,
        description:
          'The broker keeps what comes meanwhile for so long (MQTT 5). Default a week; 0: not at all.',
      }),
    ),
    packetBytes: Type.Optional(
      Type.Integer({
        minimum: 1024,
        maximum: 64 * 1024 * 1024,
        description: `Largest message that is asked for (MQTT 5). Default ${EXTERNAL_LIMITS.packetBytes}.`,
      }),
    ),
  },
  closed,
);

const SparkplugSettings = Type.Object(
  {
    hostId: Type.Optional(
      Type.String({
        pattern: LEVEL,
        description:
          'Edge nodes that wait for this host find it at spBv1.0/STATE/<hostId>. Unset: it is not told.',
      }),
    ),
    groups: Type.Optional(
      Type.Array(Type.String({ pattern: LEVEL }), {
        minItems: 1,
        maxItems: 64,
        description: 'Default: all.',
      }),
    ),
    moduleId: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: `Name of the module of a device, with {group}, {edge}, {device}. Default ${DEFAULT_MODULE_ID}.`,
      }),
    ),
    nodeModuleId: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: `Name of the module of an edge node that is itself the battery. Default ${DEFAULT_NODE_MODULE_ID}.`,
      }),
    ),
    rackId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: `Likewise. Default ${DEFAULT_RACK_ID}.` }),
    ),
    metrics: Type.Optional(
      Type.Record(
        Type.String({ minLength: 1, maxLength: 512 }),
        Type.Object(
          {
            channel: Type.Unsafe<string>({ type: 'string', enum: [...TARGETS] }),
            scale: Type.Optional(Type.Number()),
            offset: Type.Optional(Type.Number()),
            invalid: Type.Optional(
              Type.Array(Type.Number(), {
                maxItems: 32,
                description: 'Raw values by which the device says that it has none.',
              }),
            ),
          },
          closed,
        ),
        {
          description:
            'Metric name to channel; channel = metric × scale + offset. Channel ids and seed columns need no entry.',
        },
      ),
    ),
    freshForS: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 86_400,
        description: `A value that was not confirmed for so long is missing. Default ${DEFAULT_FRESH_FOR_MS / 1000}.`,
      }),
    ),
    rebirthEveryS: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 3600,
        description: `At most one rebirth of each edge node in so long. Default ${DEFAULT_REBIRTH_EVERY_MS / 1000}.`,
      }),
    ),
  },
  closed,
);

export const MqttSettings = Type.Object(
  {
    embedded: Type.Optional(
      Type.Union([EmbeddedSettings, Type.Literal(false)], {
        description: 'The broker of the service; false: none. Default: on this computer only.',
      }),
    ),
    external: Type.Optional(ExternalSettings),
    sparkplug: Type.Optional(SparkplugSettings),
  },
  closed,
);
export type MqttSettings = Static<typeof MqttSettings>;
