/** One YAML file that says everything of a site: what it is, who delivers, who is told, what is kept. */
import { readFile } from 'node:fs/promises';
import { CHEMISTRIES, type Chemistry } from '@emberwatch/engine/chemistry';
import { InputError } from '@emberwatch/engine/telemetry';
import { MS_PER_DAY, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { type Static, Type } from 'typebox';
import { parse, YAMLParseError } from 'yaml';
import { isNetwork } from '../networks.ts';
import { HeartbeatSettings, NotifySettings, OutboundSettings } from '../notify/settings.ts';
import type { ServiceOptions } from '../options.ts';
import { checkModbusSettings, ModbusSettings } from '../protocols/modbus/settings.ts';
import { MqttSettings } from '../protocols/mqtt/settings.ts';
import { namesOf, SunSpecSettings } from '../protocols/sunspec/settings.ts';
import { DEFAULT_RETENTION } from '../store/open.ts';
import { problemOf } from './errors.ts';
import { checkSite, SiteSettings } from './site.ts';

const closed = { additionalProperties: false };
const Days = (description: string) =>
  Type.Optional(Type.Number({ minimum: 0.01, maximum: 36_500, description }));

const DetectorSettings = Type.Object(
  {
    nameplate: Type.Optional(
      Type.Object(
        {
          capacityAh: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100_000 })),
          cellsInSeries: Type.Optional(Type.Integer({ minimum: 1, maximum: 2000 })),
          chemistry: Type.Optional(Type.Unsafe<Chemistry>({ enum: [...CHEMISTRIES] })),
          hasTemperature: Type.Optional(
            Type.Boolean({
              description:
                'False: no module has a temperature sensor. Otherwise a module without one is unknown. Default true.',
            }),
          ),
        },
        { ...closed, description: 'Of a module, all its parallel cells together.' },
      ),
    ),
    intervalMs: Type.Optional(
      Type.Number({
        minimum: 10,
        maximum: 3_600_000,
        description: 'Between frames; found out where it is not given.',
      }),
    ),
    model: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'File, name or alias of the model, or none. Default: champion.',
      }),
    ),
    modelKeys: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), {
        minItems: 1,
        maxItems: 8,
        description:
          'Public Ed25519 keys, as PEM or base64: only models signed by one of them start. Default: any model.',
      }),
    ),
  },
  closed,
);

const TlsSettings = Type.Object(
  { certFile: Type.String({ minLength: 1 }), keyFile: Type.String({ minLength: 1 }) },
  closed,
);

export const SettingsFile = Type.Object(
  {
    site: SiteSettings,
    listen: Type.Optional(
      Type.Object(
        {
          host: Type.Optional(Type.String({ minLength: 1, description: 'Default 127.0.0.1.' })),
          port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description: 'Default 8080.' })),
          tls: Type.Optional(TlsSettings),
          trustedProxies: Type.Optional(
            Type.Array(Type.String({ minLength: 2, maxLength: 50 }), {
              minItems: 1,
              maxItems: 50,
              description:
                'Addresses or networks (10.0.0.0/8) of reverse proxies: their X-Forwarded-For is believed.',
            }),
          ),
        },
        closed,
      ),
    ),
    dataDirectory: Type.Optional(Type.String({ minLength: 1, description: 'Where everything is kept.' })),
    detector: Type.Optional(DetectorSettings),
    silentAfterS: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 3600,
        description: 'Nothing for so long, and a module is silent. Default 30.',
      }),
    ),
    ignoreFields: Type.Optional(
      Type.Array(Type.String({ pattern: '[^*.]{2}', maxLength: 100 }), {
        maxItems: 500,
        description:
          'Fields that senders deliver on purpose although nothing is made of them; * stands for any characters.',
      }),
    ),
    retention: Type.Optional(
      Type.Object(
        {
          rawDays: Days(`Every frame. Default ${DEFAULT_RETENTION.rawMs / MS_PER_DAY}.`),
          oneMinuteDays: Days(
            `Lowest, mean and highest of each minute. Default ${DEFAULT_RETENTION.oneMinuteMs / MS_PER_DAY}.`,
          ),
          fifteenMinutesDays: Days(
            `The same of each quarter of an hour. Default ${DEFAULT_RETENTION.fifteenMinutesMs / MS_PER_DAY}.`,
          ),
          alarmsDays: Days(
            `Alarms, changes, and the frames around hazards. Default ${DEFAULT_RETENTION.alarmsMs / MS_PER_DAY}.`,
          ),
          aroundAlarmMin: Type.Optional(
            Type.Number({
              minimum: 1,
              maximum: 1440,
              description: `Frames before and after a hazard. Default ${DEFAULT_RETENTION.aroundAlarmMs / MS_PER_MIN}.`,
            }),
          ),
        },
        closed,
      ),
    ),
    mqtt: Type.Optional(MqttSettings),
    sunspec: Type.Optional(SunSpecSettings),
    modbus: Type.Optional(ModbusSettings),
    outbound: Type.Optional(OutboundSettings),
    notify: Type.Optional(NotifySettings),
    heartbeat: Type.Optional(HeartbeatSettings),
  },
  closed,
);
export type SettingsFile = Static<typeof SettingsFile>;

/** @throws InputError that names file, place and value */
export async function readSettings(path: string): Promise<SettingsFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  return settingsOf(text, path);
}

export function settingsOf(text: string, path: string): SettingsFile {
  let read: unknown;
  try {
    read = parse(text, { prettyErrors: true, maxAliasCount: 100 });
  } catch (error) {
    if (error instanceof YAMLParseError)
      throw new InputError(`${path}: ${error.message.split('\n')[0]!.replace(/:$/, '')}`);
    throw new InputError(`${path}: ${(error as Error).message}`);
  }
  const problem = problemOf(SettingsFile, read);
  if (problem !== null) throw new InputError(`${path}: ${problem}`);
  const settings = read as SettingsFile;
  try {
    if (settings.modbus) checkModbusSettings(settings.modbus);
    if (settings.sunspec) checkSunSpecSettings(settings.sunspec);
    checkSite(settings.site);
    checkProxies(settings.listen?.trustedProxies ?? []);
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  return settings;
}

/** What a schema cannot say. Throws InputError. */
function checkSunSpecSettings(settings: SunSpecSettings): void {
  try {
    namesOf(settings);
  } catch (error) {
    throw new InputError(`sunspec: ${(error as Error).message}`, { cause: error });
  }
}

function checkProxies(networks: readonly string[]): void {
  const wrong = networks.find((network) => !isNetwork(network));
  if (wrong !== undefined)
    throw new InputError(
      `listen.trustedProxies: "${wrong}" is neither an address (10.0.0.7) nor a network (10.0.0.0/8)`,
    );
}

/** What of the file goes straight to the service; which model is meant is found by the caller. */
export function optionsOf(settings: SettingsFile): ServiceOptions {
  const { site, listen = {}, detector = {}, retention = {}, silentAfterS } = settings;
  const { nameplate, intervalMs } = detector;
  const withoutTemperature = (site.modules ?? []).flatMap(({ id, hasTemperature }) =>
    hasTemperature === false ? [id] : [],
  );
  return {
    site,
    ...(listen.host !== undefined && { host: listen.host }),
    ...(listen.port !== undefined && { port: listen.port }),
    ...(listen.tls && { tls: listen.tls }),
    ...(listen.trustedProxies && { trustedProxies: listen.trustedProxies }),
    ...(settings.dataDirectory !== undefined && { dataDirectory: settings.dataDirectory }),
    detector: {
      ...(nameplate && {
        nameplate: nameplate as NonNullable<ServiceOptions['detector']>['nameplate'] & object,
      }),
      ...(intervalMs !== undefined && { intervalMs }),
      ...(withoutTemperature.length > 0 && { modulesWithoutTemperature: withoutTemperature }),
    },
    ...(detector.modelKeys && { modelKeys: detector.modelKeys }),
    ...(settings.ignoreFields && { ignoreFields: settings.ignoreFields }),
    ...(silentAfterS !== undefined && { silentAfterMs: silentAfterS * MS_PER_S }),
    retention: {
      ...(retention.rawDays !== undefined && { rawMs: retention.rawDays * MS_PER_DAY }),
      ...(retention.oneMinuteDays !== undefined && { oneMinuteMs: retention.oneMinuteDays * MS_PER_DAY }),
      ...(retention.fifteenMinutesDays !== undefined && {
        fifteenMinutesMs: retention.fifteenMinutesDays * MS_PER_DAY,
      }),
      ...(retention.alarmsDays !== undefined && { alarmsMs: retention.alarmsDays * MS_PER_DAY }),
      ...(retention.aroundAlarmMin !== undefined && { aroundAlarmMs: retention.aroundAlarmMin * MS_PER_MIN }),
    },
    ...(settings.mqtt && { mqtt: settings.mqtt }),
    ...(settings.sunspec && { sunspec: settings.sunspec }),
    ...(settings.modbus && { modbus: settings.modbus }),
    ...(settings.outbound && { outbound: settings.outbound }),
    ...(settings.notify && { notify: settings.notify }),
    ...(settings.heartbeat && { heartbeat: settings.heartbeat }),
  };
}
