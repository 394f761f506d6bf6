/** What connects the site with others beside HTTP: MQTT, Modbus, notices, the sign of life. */
import type { Logger } from 'pino';
import type { Transition } from './alarms/alarm.ts';
import type { Access } from './auth/access.ts';
import { ServiceError } from './errors.ts';
import type { Monitor } from './monitor/monitor.ts';
import { type Channel, createChannels } from './notify/channels.ts';
import { type Heartbeat, startHeartbeat } from './notify/heartbeat.ts';
import { Notifier } from './notify/notifier.ts';
import { openOutbound } from './notify/outbound.ts';
import type { NotifySettings } from './notify/settings.ts';
import { sendTestNotices, type TestResult } from './notify/test-notice.ts';
import { systemTimers } from './notify/timers.ts';
import type { ServiceOptions } from './options.ts';
import { type Poller, startPoller } from './protocols/modbus/poller.ts';
import { type Mqtt, startMqtt } from './protocols/mqtt/start.ts';
import type { DeviceEvent } from './protocols/sunspec/events.ts';
import type { AlarmRecord, OutboxRow } from './records.ts';
import { textOfHead } from './store/audit-head.ts';
import type { Store } from './store/store.ts';

/** Notices of before a restart that are read at once. */
const MAX_RESUMED = 10_000;
/** Ticks that are this late mean that nobody watches. */
const STALLED_MS = 10_000;

export interface ConnectionLimiterOptions {
  readonly settings: ServiceOptions;
  readonly log: Logger;
  readonly now: () => number;
  readonly store: Store;
}

export class Connections {
  /** What devices say of themselves, by gateway, as of their last reading. */
  readonly deviceEvents = new Map<string, readonly DeviceEvent[]>();
  private readonly channels: readonly Channel[];
  private readonly options: ConnectionLimiterOptions;
  private readonly notifier: Notifier | null;
  private readonly timers;
  private readonly outbound;
  private mqtt: Mqtt | null = null;
  private poller: Poller | null = null;
  private heartbeat: Heartbeat | null = null;
  private monitor: Monitor | null = null;

  /** @throws ServiceError `INVALID_SETTINGS` naming the setting */
  constructor(options: ConnectionLimiterOptions) {
    const { log, now, store } = options;
    // What is played back calls nobody.
    const settings = options.settings.isPlayback ? withoutNotices(options.settings) : options.settings;
    this.options = { ...options, settings };
    this.timers = systemTimers(now);
    this.outbound = openOutbound(settings.outbound ?? { hosts: [] });
    const { notify, site } = settings;
    this.channels = notify
      ? createChannels(inZoneOf(notify, site?.timeZone), {
          outbound: this.outbound,
          publish: this.publisher(),
          now,
        })
      : [];
    this.notifier = notify
      ? new Notifier({
          settings: inZoneOf(notify, site?.timeZone),
          siteName: site?.name ?? 'site',
          channels: this.channels,
          timers: this.timers,
          save: (rows) => store.commit({ outbox: rows }),
          onTrouble: (channel, why) => this.noteTrouble(channel, why),
          log,
        })
      : null;
  }

  get mqttPort(): number | null {
    return this.mqtt?.port ?? null;
  }

  rowsFor(transitions: readonly Transition[]): OutboxRow[] {
    return this.notifier?.rowsFor(transitions) ?? [];
  }

  notify(rows: readonly OutboxRow[]): void {
    this.notifier?.take(rows);
  }

  show(alarm: AlarmRecord): void {
    if (this.options.settings.isPlayback) return;
    this.mqtt?.publishAlarm(alarm.id, alarm.state === 'closed' ? null : alarm);
  }

  test(byName: string): Promise<TestResult[]> {
    const { settings, now } = this.options;
    return sendTestNotices(this.channels, settings.site?.name ?? 'site', byName, now());
  }

  /** @throws ServiceError `LISTEN`, `INVALID_SETTINGS` */
  async open(monitor: Monitor, access: Access): Promise<void> {
    const { settings, log, now, store } = this.options;
    this.monitor = monitor;
    const site = settings.site?.name ?? 'site';
    if (settings.mqtt)
      this.mqtt = await startMqtt({
        settings: settings.mqtt,
        site,
        authenticate: (_user, password, address) =>
          access.tryAdmit(password ?? '', { address, door: 'mqtt' }),
        isStillLive: (identity) => access.isStillLive(identity),
        isGatewayName: (name) => access.isGatewayName(name),
        intake: monitor.pipeline,
        now,
        log,
      });
    monitor.sharedClientIds = () => this.mqtt?.sharedClientIds() ?? [];
    for (const alarm of monitor.alarms.open()) this.show(alarm);
    if (settings.modbus)
      this.poller = startPoller(settings.modbus, {
        intake: monitor.pipeline,
        now,
        log,
        onEvents: (gatewayId, events) => this.deviceEvents.set(gatewayId, events),
      });
    this.notifier?.resume(await store.waitingOutbox(MAX_RESUMED));
    if (settings.heartbeat)
      this.heartbeat = startHeartbeat({
        settings: settings.heartbeat,
        siteName: site,
        isWatching: () => ({ ...this.isWatching(monitor), auditHead: headText(monitor) }),
        outbound: this.outbound,
        publish: this.publisher(),
        timers: this.timers,
        log,
      });
  }

  async close(): Promise<void> {
    await this.heartbeat?.close();
    await this.poller?.close();
    // Notices under way may go through the broker.
    await this.notifier?.close();
    await this.mqtt?.close();
  }

  /** Whether the chain of watching is sound, and what is broken. */
  isWatching(monitor: Monitor): { ok: boolean; why: string | null } {
    const lateMs = this.options.now() - monitor.tickedMs;
    if (lateMs > STALLED_MS)
      return { ok: false, why: `nothing was looked at for ${Math.round(lateMs / 1000)} s` };
    const obstacles = monitor.obstacles();
    return obstacles.length === 0 ? { ok: true, why: null } : { ok: false, why: obstacles.join(', ') };
  }

  private noteTrouble(channel: string, why: string | null): void {
    if (why === null) this.monitor?.notifications.delete(channel);
    else this.monitor?.notifications.set(channel, why);
  }

  /** Null without MQTT. What is told before the broker runs fails, and is told again. */
  private publisher() {
    if (!this.options.settings.mqtt) return null;
    return (topic: string, payload: string, how: { readonly qos: 0 | 1; readonly retain: boolean }): void => {
      if (!this.mqtt) throw new ServiceError('NOT_DELIVERED', 'MQTT has not started.');
      this.mqtt.publish(topic, payload, how);
    };
  }
}

/** What is on disk: kept by whoever gets the heartbeat, it shows whether the log was shortened or written anew since. */
const headText = ({ commitQueue: { auditHead } }: Monitor): string | null =>
  auditHead && textOfHead(auditHead);

function withoutNotices(settings: ServiceOptions): ServiceOptions {
  const { notify: _notify, heartbeat: _heartbeat, ...rest } = settings;
  return rest;
}

const inZoneOf = (notify: NotifySettings, timeZone: string | undefined): NotifySettings =>
  notify.timeZone === undefined && timeZone !== undefined ? { ...notify, timeZone } : notify;
