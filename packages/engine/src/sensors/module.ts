/** One module of a run: its sensors one after the other, as columns. */
import type { Trajectory } from '../physics/index.ts';
import { createRandom } from '../random.ts';
import type { ChannelId } from '../telemetry/index.ts';
import { type Break, breakOf, type DrawnFault, drawFaults } from './faults.ts';
import { betweenCellAndCase, truthOf } from './ground-truth.ts';
import type { MeasuredModule, SensorFaultTruth } from './measured.ts';
import type { Probes, Scan, SensorPlan, ValueSensor } from './plan.ts';
import { readSensor, roundTo, type Site, type Truth } from './reading.ts';
import { drawn, type Rows, rowsOf } from './rows.ts';
import { hold, type Turns, turnsOf } from './scan.ts';

export interface ModuleOptions {
  readonly seed: number;
  /** Unix time of the start of the run, ms. */
  readonly startMs: number;
}

const CELL_VOLTAGES = 'cell_voltages_v';
const PROBES = 'cell_temperatures_degc';

/** One module of a run while it is measured. */
class Measurement {
  readonly faults: SensorFaultTruth[] = [];
  private readonly trajectory: Trajectory;
  private readonly module: number;
  private readonly plan: SensorPlan;
  private readonly seed: number;
  private readonly moduleId: string;
  private readonly site: Site;
  private readonly drawn: readonly DrawnFault[];

  constructor(trajectory: Trajectory, module: number, plan: SensorPlan, options: ModuleOptions) {
    const { header } = trajectory;
    this.trajectory = trajectory;
    this.module = module;
    this.plan = plan;
    this.seed = options.seed;
    this.moduleId = header.modules[module]!;
    const rows = rowsOf(trajectory, plan, header.racks[header.rackOf[module]!]!, options);
    this.faults.push(...rows.faults);
    this.site = {
      rows,
      intervalS: header.intervalS,
      seed: options.seed,
      other: (channel) => truthOf(channel, trajectory, module, plan),
      air: truthOf('ambient_temperature_degc', trajectory, module, plan),
      last: null,
      faults: this.faults,
    };
    const endS = trajectory.timeS(trajectory.rows - 1);
    this.drawn = drawFaults(plan, this.moduleId, this.sensors(), endS, options.seed);
  }

  get rows(): Rows {
    return this.site.rows;
  }

  /** Positions of the rows that arrive, in their order; null: all, as they are. */
  arrivals(): Int32Array | null {
    const silences = this.drawn.filter(({ plan }) => plan.kind === 'silent');
    if (silences.length === 0) return this.rows.order;
    for (const { atS, forS } of silences) {
      const toS = Number.isFinite(forS) ? atS + forS : null;
      this.faults.push({ channel: 'module', kind: 'silent', fromS: atS, toS });
    }
    const { truthS, order } = this.rows;
    return (order ?? Int32Array.from(truthS.keys())).filter((row) =>
      silences.every(({ atS, forS }) => !(truthS[row]! >= atS && truthS[row]! < atS + forS)),
    );
  }

  /** Voltage taps: layers and cells in parallel share one. */
  private get tapCount(): number {
    const { cellsPerModule, nodesPerTap = 1 } = this.trajectory.header;
    return cellsPerModule / nodesPerTap;
  }

  private get hasCellTaps(): boolean {
    return this.plan.cellVoltages !== null && this.trajectory.header.recordCellsOf.includes(this.moduleId);
  }

  /** All sensors of the module by name. */
  private sensors(): Map<string, ValueSensor> {
    const { channels, cellVoltages, probes } = this.plan;
    const all = new Map<string, ValueSensor>(Object.entries(channels));
    if (cellVoltages && this.hasCellTaps)
      for (let k = 1; k <= this.tapCount; k++) all.set(`${CELL_VOLTAGES}[${k}]`, cellVoltages);
    if (probes) for (let k = 1; k <= probes.count; k++) all.set(`${PROBES}[${k}]`, probes);
    return all;
  }

  private read(channel: string, sensor: ValueSensor, truth: Truth, turns: Turns | null = null): Float64Array {
    const name = `sensors/${this.moduleId}/${channel}`;
    const site = turns ? { ...this.site, rows: turns.rows, last: turns.last } : this.site;
    return readSensor(name, channel, sensor, truth, this.breaksOf(channel, site.rows), site);
  }

  /** Place `k` of several that are scanned. */
  private readInTurn(
    channel: string,
    sensor: ValueSensor & Scan,
    truth: Truth,
    k: number,
    count: number,
  ): Float64Array {
    const turns = turnsOf(sensor, k, count, this.rows, this.site.intervalS);
    const out = this.read(channel, sensor, truth, turns);
    if (turns) hold(out, turns, sensor.unscanned, this.rows.truthS, channel, this.faults);
    return out;
  }

  private breaksOf(channel: string, rows: Rows): Break[] {
    const { values, scale, offset } = this.site.air;
    const { index } = rows;
    const airAt = (row: number): number => values[index[row]!]! * scale + offset;
    return this.drawn
      .filter((fault) => fault.channel === channel)
      .map((fault) =>
        breakOf(fault, rows, airAt, (fromS, toS) => {
          this.faults.push({ channel, kind: fault.plan.kind, fromS, toS });
        }),
      );
  }

  channels(): Map<ChannelId, Float64Array> {
    const entries = Object.entries(this.plan.channels) as [
      ChannelId,
      SensorPlan['channels'][ChannelId] & {},
    ][];
    return new Map(
      entries.map(([channel, sensor]) => [
        channel,
        this.read(channel, sensor, truthOf(channel, this.trajectory, this.module, this.plan)),
      ]),
    );
  }

  cellVoltages(): Float64Array[] | null {
    const taps = this.plan.cellVoltages;
    if (!taps || !this.hasCellTaps) return null;
    const { nodesPerTap = 1 } = this.trajectory.header;
    return Array.from({ length: this.tapCount }, (_, k) => {
      const values = this.trajectory.cellColumn('cellVoltageV', this.moduleId, k * nodesPerTap);
      const truth = { values, scale: 1, offset: 0 };
      return this.readInTurn(`${CELL_VOLTAGES}[${k + 1}]`, taps, truth, k, this.tapCount);
    });
  }

  probeTemperatures(): Float64Array[] | null {
    const { probes } = this.plan;
    if (!probes) return null;
    return this.placesOf(probes).map((place, k) => {
      const random = createRandom(this.seed, `sensors/${this.moduleId}/probe/${k}`);
      const shareToCase = drawn(random, probes.shareToCase);
      const t90S = probes.t90S * drawn(random, probes.t90Factor);
      const truth = betweenCellAndCase(this.trajectory, this.module, place, shareToCase);
      return this.readInTurn(`${PROBES}[${k + 1}]`, { ...probes, t90S }, truth, k, probes.count);
    });
  }

  /**
   * Nodes that carry the probes: whole cells, or of a cell in layers its outer ones. Drawn one after the other, so that
   * another probe leaves the places of the first as they are.
   */
  private placesOf({ cells, count }: Probes): number[] {
    const { cellsPerModule, layersPerCell: layers = 1 } = this.trajectory.header;
    const random = createRandom(this.seed, `sensors/${this.moduleId}/probes`);
    const faces = layers > 1 ? [0, layers - 1] : [0];
    const cellCount = cellsPerModule / layers;
    const facesOf = (cell: number): number[] => faces.map((face) => cell * layers + face);
    if (cells)
      return cells.map((cell) => facesOf(Math.min(cell, cellCount - 1))[random.integer(faces.length)]!);
    let free: number[] = [];
    return Array.from({ length: count }, () => {
      if (free.length === 0) free = Array.from({ length: cellCount }, (_, cell) => facesOf(cell)).flat();
      return free.splice(random.integer(free.length), 1)[0]!;
    });
  }
}

/**
 * What the sensors of one module deliver over the run. The same trajectory, seed and module give the same columns,
 * whatever other modules are measured; time, dropouts and clock are those of its rack.
 */
export function measureModule(
  trajectory: Trajectory,
  moduleIndex: number,
  plan: SensorPlan,
  options: ModuleOptions,
): MeasuredModule {
  const { header } = trajectory;
  const measurement = new Measurement(trajectory, moduleIndex, plan, options);
  const { rows } = measurement;
  const channels = measurement.channels();
  const cells = measurement.cellVoltages();
  const probes = measurement.probeTemperatures();
  const { deliver = 'list' } = plan.probes ?? {};
  if (probes && deliver !== 'list') summarise(probes, channels, plan.probes?.resolution ?? 0);
  const order = measurement.arrivals();
  const arrived = (column: Float64Array): Float64Array => (order ? inOrder(column, order) : column);
  return {
    moduleId: header.modules[moduleIndex]!,
    rackId: header.racks[header.rackOf[moduleIndex]!]!,
    rows: order?.length ?? rows.count,
    timeMs: arrived(rows.stampMs),
    truthS: arrived(rows.truthS),
    channels: new Map([...channels].map(([channel, column]) => [channel, arrived(column)])),
    cellVoltagesV: cells?.map(arrived) ?? null,
    cellTemperaturesDegC: deliver === 'summary' ? null : (probes?.map(arrived) ?? null),
    sensorFaults: measurement.faults.sort((a, b) => a.fromS - b.fromS),
  };
}

function inOrder(column: Float64Array, order: Int32Array): Float64Array {
  const result = new Float64Array(order.length);
  for (let i = 0; i < result.length; i++) result[i] = column[order[i]!]!;
  return result;
}

/** Mean, maximum and minimum of the probes that deliver something. */
function summarise(
  probes: readonly Float64Array[],
  channels: Map<ChannelId, Float64Array>,
  resolution: number,
): void {
  const rows = probes[0]!.length;
  const mean = new Float64Array(rows);
  const max = new Float64Array(rows);
  const min = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    let count = 0;
    let high = Number.NaN;
    let low = Number.NaN;
    for (const probe of probes) {
      const value = probe[row]!;
      if (Number.isNaN(value)) continue;
      sum += value;
      count++;
      if (!(high >= value)) high = value;
      if (!(low <= value)) low = value;
    }
    mean[row] = sum / count;
    max[row] = high;
    min[row] = low;
  }
  roundTo(mean, resolution);
  channels.set('surface_temperature_mean_degc', mean);
  channels.set('surface_temperature_max_degc', max);
  channels.set('surface_temperature_min_degc', min);
}
