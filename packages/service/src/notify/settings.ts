/** What may be set of notices and of the heartbeat. Secrets stand in files or the environment, never in settings. */
import { Type } from 'typebox';
import { ALARM_KINDS, TRANSITIONS } from '../alarms/alarm.ts';
import { PRIORITIES, type Priority } from '../records.ts';

const oneOf = <T extends string | number>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ enum: [...values], description });

const closed = { additionalProperties: false };

const Secret = Type.Union(
  [
    Type.Object(
      { file: Type.String({ minLength: 1, description: 'File that holds the secret and nothing else.' }) },
      closed,
    ),
    Type.Object(
      { env: Type.String({ minLength: 1, description: 'Environment variable that holds the secret.' }) },
      closed,
    ),
  ],
  { description: 'Where the secret is read at the start: a file or an environment variable.' },
);

/** Networks that an address may lie in; what belongs to none of them is never called. */
const NETWORKS = ['public', 'private', 'loopback', 'link-local'] as const;
export type Network = (typeof NETWORKS)[number];

export const OutboundSettings = Type.Object(
  {
    hosts: Type.Array(Type.String({ minLength: 1 }), {
      maxItems: 100,
      description:
        'Hosts that webhooks may call: `name`, or `name:port` where the port is not the usual one.',
    }),
    networks: Type.Optional(
      Type.Array(oneOf(NETWORKS, 'Kind of network.'), {
        description: 'Where the addresses of these hosts may lie. Default: `public` only.',
      }),
    ),
    caFile: Type.Optional(
      Type.String({ description: 'PEM file of authorities that are trusted beside the usual ones.' }),
    ),
  },
  { ...closed, description: 'Which other computers the service may call over HTTP.' },
);
export type OutboundSettings = Type.Static<typeof OutboundSettings>;

const Url = Type.Union([Type.String({ minLength: 1 }), Secret], {
  description: 'Address, or where it is read, for addresses that are secrets themselves.',
});

const TimeLimitS = Type.Optional(
  Type.Number({ minimum: 1, maximum: 60, description: 'Longest that one attempt may take, s. Default 10.' }),
);

const WebhookChannel = Type.Object(
  {
    kind: Type.Literal('webhook'),
    url: Url,
    signingKey: Type.Optional(Secret),
    bearerToken: Type.Optional(Secret),
    timeLimitS: TimeLimitS,
  },
  {
    ...closed,
    description:
      'POST of JSON. With `signingKey` (at least 16 characters) the header `Emberwatch-Signature` proves sender, ' +
      'content and time; with `bearerToken` an `Authorization` header goes along. Plain http only inside the site.',
  },
);

const EmailChannel = Type.Object(
  {
    kind: Type.Literal('email'),
    host: Type.String({ minLength: 1, description: 'Mail server.' }),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: 'Default 587, with `tls` 465.' }),
    ),
    security: Type.Optional(
      oneOf(
        ['starttls', 'tls', 'none'] as const,
        'Default `starttls`: without encryption nothing is sent. `none` sends in the clear.',
      ),
    ),
    caFile: Type.Optional(Type.String({ description: 'PEM file of the authority of the mail server.' })),
    user: Type.Optional(Type.String()),
    password: Type.Optional(Secret),
    from: Type.String({ minLength: 3, description: 'Sender, for example `Emberwatch <fire@example.com>`.' }),
    to: Type.Array(Type.String({ minLength: 3 }), { minItems: 1, maxItems: 50 }),
    timeLimitS: TimeLimitS,
  },
  { ...closed, description: 'Plain text for a person on shift.' },
);

const MqttChannel = Type.Object(
  {
    kind: Type.Literal('mqtt'),
    topic: Type.String({ minLength: 1, maxLength: 256, pattern: '^[^#+\\u0000]+$' }),
    timeLimitS: TimeLimitS,
  },
  { ...closed, description: 'The JSON of the webhook, QoS 1, not retained.' },
);

const Channel = Type.Union([WebhookChannel, EmailChannel, MqttChannel]);
export type WebhookSettings = Type.Static<typeof WebhookChannel>;
export type EmailSettings = Type.Static<typeof EmailChannel>;
export type MqttNoticeSettings = Type.Static<typeof MqttChannel>;

const ChannelName = Type.String({ minLength: 1, maxLength: 64 });

const Route = Type.Object(
  {
    channels: Type.Array(ChannelName, { minItems: 1, maxItems: 20 }),
    priorities: Type.Optional(
      Type.Array(oneOf<Priority>(PRIORITIES, '1 emergency … 4 trouble.'), { description: 'Default: all.' }),
    ),
    kinds: Type.Optional(
      Type.Array(oneOf(ALARM_KINDS, 'Kind of alarm.'), {
        description: 'Default: all.',
      }),
    ),
    events: Type.Optional(
      Type.Array(oneOf(TRANSITIONS, 'What happened to the alarm.'), {
        description: 'Default: what begins, grows, comes back, ends, or is no longer suppressed.',
      }),
    ),
  },
  { ...closed, description: 'Which alarms are told where. Every route that matches counts.' },
);

const EscalationStep = Type.Object(
  {
    afterMin: Type.Number({ minimum: 1, maximum: 1440, description: 'Minutes without an acknowledgement.' }),
    channels: Type.Array(ChannelName, { minItems: 1, maxItems: 20 }),
  },
  closed,
);

export const NotifySettings = Type.Object(
  {
    channels: Type.Record(ChannelName, Channel, { description: 'Places to tell, by a name of your choice.' }),
    routes: Type.Array(Route, { maxItems: 100 }),
    escalation: Type.Optional(
      Type.Array(EscalationStep, {
        maxItems: 10,
        description: 'Further places for alarms of priority 1 and 2 that nobody acknowledges.',
      }),
    ),
    groupS: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 300,
        description:
          'The first notice goes at once; what follows within so many seconds is told together. Default 10. ' +
          'Priority 1 waits half a second at most.',
      }),
    ),
    timeZone: Type.Optional(
      Type.String({ description: 'Of the site, for example `Europe/Vienna`. Default UTC.' }),
    ),
    pageUrl: Type.Optional(
      Type.String({ description: 'Where people reach the page; links in notices begin with it.' }),
    ),
  },
  { ...closed, description: 'Who is told of alarms, and how.' },
);
export type NotifySettings = Type.Static<typeof NotifySettings>;

export const HeartbeatSettings = Type.Object(
  {
    everyS: Type.Optional(Type.Number({ minimum: 1, maximum: 3600, description: 'Default 10 s.' })),
    webhook: Type.Optional(
      Type.Object(
        {
          url: Url,
          method: Type.Optional(oneOf(['GET', 'POST'] as const, 'Default POST.')),
        },
        {
          ...closed,
          description:
            'Called at each beat; with `/fail` at its end, and the reason, while the watch is broken.',
        },
      ),
    ),
    mqttTopic: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        pattern: '^[^#+\\u0000]+$',
        description: 'A message at each beat; while the watch is broken below `/fail`.',
      }),
    ),
    file: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Written anew at each beat: a watchdog looks at its age. Not written while broken.',
      }),
    ),
  },
  { ...closed, description: 'A sign of life for a watchdog outside; its absence is the alarm.' },
);
export type HeartbeatSettings = Type.Static<typeof HeartbeatSettings>;

export type SecretSource = Type.Static<typeof Secret>;
export type UrlSource = Type.Static<typeof Url>;
