/** What gateways send: batches of readings whose stamps are written over before each sending. */
import { MS_PER_H } from '@emberwatch/engine/units';

/** Readings in a batch. */
export const BATCH = 64;
/** Small sites have so many gateways all the same, each with several instants in a batch. */
const MIN_GATEWAYS = 8;
/** Bodies with other figures, sent in turn: a value that never moves is a broken sensor. */
const VARIANTS = 8;
const MODULES_IN_RACK = 8;
/** Far enough behind the wall for playback that is faster, near enough to be judged. */
const STARTS_BEFORE_MS = 20 * MS_PER_H;
const STAMP = '2000-01-01T00:00:00.000Z';

export interface LoadPlan {
  readonly modules: number;
  readonly format: 'ndjson' | 'json';
  /** Data time between readings of a module, ms. */
  readonly stepMs: number;
}

/** Gateways deliver in turn; batch k is of gateway k modulo their number. */
export class Load {
  readonly gateways: number;
  private readonly instants: number;
  private readonly stepMs: number;
  private readonly startMs: number;
  /** By gateway and variant. */
  private readonly bodies: { readonly bytes: Buffer; readonly stamps: readonly number[] }[][];

  constructor({ modules, format, stepMs }: LoadPlan) {
    this.gateways = Math.max(MIN_GATEWAYS, Math.ceil(modules / BATCH));
    const perGateway = modules / this.gateways;
    this.instants = BATCH / perGateway;
    if (!Number.isInteger(this.instants)) throw new Error(`${modules} modules fill no batches of ${BATCH}`);
    this.stepMs = stepMs;
    this.startMs = Date.now() - STARTS_BEFORE_MS;
    this.bodies = Array.from({ length: this.gateways }, (_, gateway) =>
      Array.from({ length: VARIANTS }, (_, variant) =>
        bodyOf(format, gateway * perGateway, perGateway, this.instants, variant),
      ),
    );
  }

  gatewayOf(batch: number): string {
    return `gateway-${batch % this.gateways}`;
  }

  /** Valid until the next call for the same gateway comes round again. */
  body(batch: number): Buffer {
    const gateway = batch % this.gateways;
    const round = Math.floor(batch / this.gateways);
    const { bytes, stamps } = this.bodies[gateway]![round % VARIANTS]!;
    const perInstant = BATCH / this.instants;
    let stamp = '';
    stamps.forEach((at, i) => {
      if (i % perInstant === 0) {
        const instant = round * this.instants + i / perInstant;
        stamp = new Date(this.startMs + instant * this.stepMs).toISOString();
      }
      bytes.write(stamp, at, 'latin1');
    });
    return bytes;
  }
}

function bodyOf(
  format: LoadPlan['format'],
  firstModule: number,
  modules: number,
  instants: number,
  variant: number,
): { bytes: Buffer; stamps: number[] } {
  const lines: string[] = [];
  for (let i = 0; i < instants; i++)
    for (let m = firstModule; m < firstModule + modules; m++) lines.push(readingOf(m, variant + i));
  const text = format === 'json' ? `[${lines.join(',')}]` : `${lines.join('\n')}\n`;
  const stamps: number[] = [];
  for (let at = text.indexOf(STAMP); at >= 0; at = text.indexOf(STAMP, at + 1)) stamps.push(at);
  return { bytes: Buffer.from(text), stamps };
}

/** The nine measured columns of the seed schema, by their native names. */
function readingOf(module: number, variant: number): string {
  const rack = Math.floor(module / MODULES_IN_RACK);
  const wave = Math.sin(0.9 * variant + module);
  const round = (value: number, digits: number): number => Number(value.toFixed(digits));
  return JSON.stringify({
    time: STAMP,
    module_id: `Rack${rack}_Module0${module % MODULES_IN_RACK}`,
    rack_id: `Rack${rack}`,
    surface_temperature_mean_degc: round(24.6 + 0.2 * wave, 1),
    surface_temperature_max_degc: round(25.4 + 0.2 * wave, 1),
    voltage_v: round(51.2 + 0.03 * wave, 2),
    current_a: round(20 + wave, 1),
    soc_percent: round(61 + 0.1 * wave, 1),
    co_ppm: round(2 + wave, 1),
    h2_ppm: round(1 + 0.4 * wave, 1),
    voc_ppm: round(3 + wave, 1),
    ambient_temperature_degc: round(22 + 0.2 * wave, 1),
  });
}
