/** Bounds of both brokers; each may be set. */
export const MQTT_LIMITS = {
  connections: 256,
  /** Of one address, as long as they have shown no token. */
  strangersOfAddress: 64,
  /** A packet of a client that is known. */
  packetBytes: 1024 * 1024,
  /** A CONNECT, before anybody is known. */
  connectBytes: 16 * 1024,
  /** From the connection to a good CONNECT. */
  connectMs: 10_000,
  topicChars: 512,
  /** Messages of one client that are not yet stored: Receive Maximum in MQTT 5; beyond it nothing is read further. */
  inFlight: 16,
  /** Payloads of all clients that are not yet stored; beyond it a message is answered as busy. */
  inFlightBytes: 64 * 1024 * 1024,
  topicAliases: 16,
  subscriptions: 32,
  retainedTopics: 4096,
  /** Messages at QoS 1 that one client has not acknowledged. */
  unacknowledged: 512,
  /** What may wait for one slow client before it is dropped. */
  clientBufferBytes: 1024 * 1024,
  /** How long a message that nobody will send again waits for a busy intake. */
  holdMs: 30_000,
  /** First pause between two attempts; doubles up to 16 times. */
  retryMs: 250,
  /** What is in flight may take so long when the broker closes. */
  closeMs: 10_000,
} as const;

export type MqttLimits = { readonly [K in keyof typeof MQTT_LIMITS]: number };

/** As a client of somebody else's broker. */
export const EXTERNAL_LIMITS = {
  keepAliveS: 30,
  connectMs: 10_000,
  /** Pause before a new connection; doubles up to the longest. */
  reconnectMs: 1000,
  reconnectMaxMs: 30_000,
  retryMs: 250,
  /** Messages that are not yet stored: Receive Maximum in MQTT 5; in 3.1.1 no more is read. */
  inFlight: 32,
  packetBytes: 8 * 1024 * 1024,
  /** A message that nobody will send again waits so long for a busy intake. */
  holdMs: 30_000,
  retainedTopics: 4096,
  /** Publications that the broker has not acknowledged. */
  unacknowledged: 8192,
  closeMs: 10_000,
} as const;
export type ExternalLimits = { readonly [K in keyof typeof EXTERNAL_LIMITS]: number };
