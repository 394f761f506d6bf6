/**
 * One whole packet → what it says, checked. The codec of mqtt-packet is lenient (a short number is -1, a short string
 * null, a property that comes twice an array); what it lets through is refused here.
 */
import {
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type IUnsubscribePacket,
  type Packet,
  type Parser,
  parser,
} from 'mqtt-packet';
import { Framing, ProtocolError } from './framing.ts';
import { REASON } from './reasons.ts';
import { isTopicFilter, isTopicName } from './topics.ts';

const MAX_PACKET_ID = 65_535;

/** For one connection: it remembers the protocol version of its CONNECT. */
export class PacketReader {
  readonly framing: Framing;
  private readonly parser: Parser = parser();
  private readonly maxTopicChars: number;
  private parsed: Packet | null = null;
  private failure: Error | null = null;

  constructor(maxPacketBytes: number, maxTopicChars: number) {
    this.framing = new Framing(maxPacketBytes);
    this.maxTopicChars = maxTopicChars;
    this.parser.on('packet', (packet) => {
      this.parsed = packet;
    });
    this.parser.on('error', (error) => {
      this.failure = error;
    });
  }

  /** The next packet; null: more bytes are needed. @throws ProtocolError: the connection is to be closed */
  next(): Packet | null {
    const bytes = this.framing.next();
    if (bytes === null) return null;
    this.parsed = null;
    this.failure = null;
    try {
      this.parser.parse(bytes);
    } catch (error) {
      throw new ProtocolError(REASON.malformed, error instanceof Error ? error.message : 'cannot be parsed');
    }
    const failure = this.failure as Error | null;
    if (failure !== null) throw new ProtocolError(REASON.malformed, failure.message);
    const packet = this.parsed as Packet | null;
    if (packet === null) throw new ProtocolError(REASON.malformed, 'the packet ends before its content');
    this.check(packet);
    return packet;
  }

  private check(packet: Packet): void {
    if (packet.cmd === 'connect') this.checkConnect(packet);
    else if (packet.cmd === 'publish') this.checkPublish(packet);
    else if (packet.cmd === 'subscribe') this.checkSubscribe(packet);
    else if (packet.cmd === 'unsubscribe') this.checkUnsubscribe(packet);
    else if (['puback', 'pubrec', 'pubrel', 'pubcomp'].includes(packet.cmd)) checkPacketId(packet);
  }

  private checkConnect(packet: IConnectPacket): void {
    checkText(packet.clientId, 'client id', this.maxTopicChars);
    if (packet.username !== undefined) checkText(packet.username, 'user name', this.maxTopicChars);
    const { will, properties } = packet;
    if (will !== undefined) {
      if (!this.isTopic(will.topic)) throw new ProtocolError(REASON.malformed, 'the topic of the will');
      if (!Buffer.isBuffer(will.payload))
        throw new ProtocolError(REASON.malformed, 'the payload of the will');
      checkProperties(will.properties);
    }
    checkProperties(properties);
  }

  private checkPublish(packet: IPublishPacket): void {
    const { qos, dup, topic, properties } = packet;
    if (qos > 0) checkPacketId(packet);
    else if (dup) throw new ProtocolError(REASON.malformed, 'a repetition at QoS 0');
    checkProperties(properties);
    if (topic === '' && properties?.topicAlias !== undefined) return;
    if (!this.isTopic(topic)) throw new ProtocolError(REASON.malformed, 'the topic of a message');
  }

  private checkSubscribe(packet: ISubscribePacket): void {
    checkPacketId(packet);
    checkProperties(packet.properties);
    if (packet.subscriptions.length === 0)
      throw new ProtocolError(REASON.malformed, 'a subscription to nothing');
    for (const { topic } of packet.subscriptions) this.checkFilter(topic);
  }

  private checkUnsubscribe(packet: IUnsubscribePacket): void {
    checkPacketId(packet);
    checkProperties(packet.properties);
    if (packet.unsubscriptions.length === 0)
      throw new ProtocolError(REASON.malformed, 'an unsubscription of nothing');
    for (const topic of packet.unsubscriptions) this.checkFilter(topic);
  }

  private checkFilter(filter: string): void {
    checkText(filter, 'topic filter', this.maxTopicChars);
    if (!isTopicFilter(filter)) throw new ProtocolError(REASON.malformed, 'a topic filter');
  }

  private isTopic(topic: string): boolean {
    checkText(topic, 'topic', this.maxTopicChars);
    return isTopicName(topic);
  }
}

function checkPacketId({ messageId }: Packet): void {
  if (messageId === undefined || messageId < 1 || messageId > MAX_PACKET_ID)
    throw new ProtocolError(REASON.malformed, `packet id ${messageId}`);
}

/** Bytes that are no UTF-8 arrive as U+FFFD. */
function checkText(text: unknown, what: string, maxChars: number): void {
  if (typeof text !== 'string') throw new ProtocolError(REASON.malformed, `the ${what} is cut off`);
  if (text.length > maxChars)
    throw new ProtocolError(REASON.malformed, `a ${what} of ${text.length} characters`);
  if (text.includes('\u0000') || text.includes('\uFFFD'))
    throw new ProtocolError(REASON.malformed, `the ${what} is no text`);
}

const NUMBERS = new Set([
  'sessionExpiryInterval',
  'receiveMaximum',
  'maximumPacketSize',
  'topicAliasMaximum',
  'topicAlias',
  'messageExpiryInterval',
  'willDelayInterval',
]);
const TEXTS = new Set(['contentType', 'responseTopic', 'authenticationMethod', 'reasonString']);
const NOT_ZERO = new Set(['receiveMaximum', 'maximumPacketSize', 'topicAlias']);

function checkProperties(properties: object | undefined): void {
  for (const [name, value] of Object.entries(properties ?? {})) {
    const isNumber = typeof value === 'number' && value >= (NOT_ZERO.has(name) ? 1 : 0);
    const isBroken = NUMBERS.has(name)
      ? !isNumber
      : TEXTS.has(name)
        ? typeof value !== 'string'
        : value === null;
    if (isBroken) throw new ProtocolError(REASON.malformed, `property ${name}`);
    if (name === 'userProperties') checkUserProperties(value as Record<string, unknown>);
  }
}

function checkUserProperties(properties: Record<string, unknown>): void {
  for (const value of Object.values(properties).flat())
    if (typeof value !== 'string') throw new ProtocolError(REASON.malformed, 'a user property');
}
