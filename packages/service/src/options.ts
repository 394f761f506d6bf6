/** What can be set when the service starts. */
import type { DetectorOptions } from '@emberwatch/engine/detector';
import type { AccessMode } from './auth/access.ts';
import type { Limits } from './limits.ts';
import type { HeartbeatSettings, NotifySettings, OutboundSettings } from './notify/settings.ts';
import type { ModbusSettings } from './protocols/modbus/settings.ts';
import type { MqttSettings } from './protocols/mqtt/settings.ts';
import type { SunSpecSettings } from './protocols/sunspec/settings.ts';
import type { SiteDescription } from './settings/site.ts';
import type { OpenStore, Retention } from './store/store.ts';

export interface ServiceOptions {
  /** What the site is, and which modules it has. Default: a site called `site` of which nothing is known. */
  readonly site?: SiteDescription;
  /** Default 127.0.0.1: other machines are let in only on purpose. */
  readonly host?: string;
  /** Default 8080; 0 takes a free port. */
  readonly port?: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Addresses or networks of reverse proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[];
  /** Where everything is kept; unset: in a temporary directory that goes with the service. */
  readonly dataDirectory?: string;
  /** `tokens` (default), or `open`: whoever asks from this computer is let in. Only on loopback. */
  readonly access?: AccessMode;
  /** The answer to `GET /metrics` is for everybody. */
  readonly hasPublicMetrics?: boolean;
  /** Directory of the built page; found next to the service where absent. */
  readonly pageDirectory?: string;
  /** What is known of the modules beforehand. */
  readonly detector?: Omit<DetectorOptions, 'sink'>;
  /** File of the model that judges beside the rules; without one the rules judge alone. */
  readonly modelFile?: string;
  /** Public Ed25519 keys of those whose models are taken; none: whoever's, signed or not. */
  readonly modelKeys?: readonly string[];
  /** Nothing for so long, on the wall clock: the state is shown as unknown. Default 30 s. */
  readonly silentAfterMs?: number;
  /** Fields that senders deliver on purpose although nothing is made of them; `*` stands for any characters. */
  readonly ignoreFields?: readonly string[];
  /** The clock is that of the data, as for a recording: nobody is notified, and no live site shares its directory. */
  readonly isPlayback?: boolean;
  readonly retention?: Partial<Retention>;
  /** Opens what takes the place of the embedded store; `test/store/contract.ts` holds it to what a store promises. */
  readonly store?: OpenStore;
  readonly mqtt?: MqttSettings;
  readonly sunspec?: SunSpecSettings;
  readonly modbus?: ModbusSettings;
  readonly outbound?: OutboundSettings;
  readonly notify?: NotifySettings;
  readonly heartbeat?: HeartbeatSettings;
  /** Default `warn`; written to standard error. */
  readonly logLevel?: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Wall clock, Unix ms. */
  readonly now?: () => number;
  readonly limits?: Partial<Limits>;
}
