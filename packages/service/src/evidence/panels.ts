/** Which signals of a bundle are drawn together, with which limits. */
import { CHANNELS, type ChannelId } from '@emberwatch/engine/telemetry';
import type { EvidenceBundle, EvidenceSeries, EvidenceSignals } from './bundle.ts';
import { HALF_PX, type Limit, type Line, type Panel, WHOLE_PX } from './chart.ts';

interface Plan {
  readonly title: string;
  readonly unit: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly channels: readonly (readonly [ChannelId, string])[];
  /** Of neighbours, drawn thin behind it. */
  readonly neighbours?: readonly ChannelId[];
  /** Figure of the policy whose limits belong here. */
  readonly feature?: string;
  /** Array of cells whose extremes belong here. */
  readonly cells?: string;
}

const unitOf = (id: ChannelId): string => CHANNELS.find((channel) => channel.id === id)!.unit;

const single = (title: string, id: ChannelId, feature?: string): Plan => ({
  title,
  unit: unitOf(id),
  widthPx: HALF_PX,
  heightPx: 64,
  channels: [[id, title.toLowerCase()]],
  ...(feature !== undefined && { feature }),
});

const PLANS: readonly Plan[] = [
  {
    title: 'Temperature',
    unit: 'degC',
    widthPx: WHOLE_PX,
    heightPx: 150,
    channels: [
      ['surface_temperature_max_degc', 'hottest'],
      ['surface_temperature_mean_degc', 'mean'],
      ['ambient_temperature_degc', 'ambient'],
    ],
    neighbours: ['surface_temperature_max_degc', 'surface_temperature_mean_degc'],
    feature: 'hottestDegC',
    cells: 'cell_temperatures_degc',
  },
  {
    title: 'Module voltage',
    unit: 'V',
    widthPx: WHOLE_PX,
    heightPx: 80,
    channels: [['voltage_v', 'module']],
    neighbours: ['voltage_v'],
  },
  {
    title: 'Cell voltages',
    unit: 'V',
    widthPx: WHOLE_PX,
    heightPx: 80,
    channels: [
      ['cell_voltage_max_v', 'highest'],
      ['cell_voltage_mean_v', 'mean'],
      ['cell_voltage_min_v', 'lowest'],
    ],
    cells: 'cell_voltages_v',
  },
  single('Carbon monoxide', 'co_ppm', 'coPpm'),
  single('Hydrogen', 'h2_ppm', 'h2Ppm'),
  single('Solvent vapour', 'voc_ppm'),
  single('Current (positive charges)', 'current_a'),
  single('State of charge', 'soc_percent'),
  single('Insulation resistance', 'insulation_kohm'),
  single('Coolant flow', 'coolant_flow_lpm'),
  single('Relative humidity', 'humidity_percent'),
];

export function panelsOf(bundle: EvidenceBundle, module: EvidenceSignals): Panel[] {
  const cells = bundle.cells.find(({ moduleId }) => moduleId === module.moduleId) ?? module;
  return PLANS.map((plan) => ({
    title: plan.title,
    unit: plan.unit,
    widthPx: plan.widthPx,
    heightPx: plan.heightPx,
    limits: limitsOf(bundle, plan),
    lines: [
      ...(plan.neighbours ? neighbourLines(bundle, plan.neighbours) : []),
      ...cellLines(cells, plan),
      ...channelLines(module, plan),
    ],
  }));
}

const limitsOf = ({ thresholds }: EvidenceBundle, { feature }: Plan): Limit[] =>
  thresholds
    .filter((row) => row.feature === feature)
    .map(({ limit, level, id }) => ({ value: limit, level, name: id }));

const meanOf = ({ values, mean }: EvidenceSeries): readonly (number | null)[] => values ?? mean ?? [];
const lowOf = ({ values, min }: EvidenceSeries): readonly (number | null)[] => values ?? min ?? [];
const highOf = ({ values, max }: EvidenceSeries): readonly (number | null)[] => values ?? max ?? [];

const hasValue = (series: EvidenceSeries): boolean => meanOf(series).some((value) => value !== null);

const seriesOf = ({ series }: EvidenceSignals, id: string): EvidenceSeries | undefined =>
  series.find((one) => one.id === id && hasValue(one));

function channelLines(module: EvidenceSignals, { channels }: Plan): Line[] {
  return channels.flatMap(([id, name], i) => {
    const series = seriesOf(module, id);
    if (!series) return [];
    const line = { name, style: `line-${i + 1}`, timesMs: module.timesMs, values: meanOf(series) };
    return series.values ? [line] : [{ ...line, low: lowOf(series), high: highOf(series) }];
  });
}

function neighbourLines({ siblings }: EvidenceBundle, ids: readonly ChannelId[]): Line[] {
  const lines = siblings.flatMap((sibling) => {
    const series = ids.map((id) => seriesOf(sibling, id)).find((one) => one !== undefined);
    return series ? [{ style: 'neighbour', timesMs: sibling.timesMs, values: meanOf(series) }] : [];
  });
  return lines.map((line, i) => ({ ...line, name: i === 0 ? 'neighbours' : '' }));
}

/** From the lowest to the highest cell at each instant, as a band. */
function cellLines(cells: EvidenceSignals, { cells: arrayId }: Plan): Line[] {
  const arrays = arrayId === undefined ? [] : cells.series.filter(({ id }) => id.startsWith(`${arrayId}[`));
  if (arrays.length < 2) return [];
  const extreme = (
    of: (series: EvidenceSeries) => readonly (number | null)[],
    pick: (a: number, b: number) => number,
  ): (number | null)[] => {
    const lists = arrays.map(of);
    return cells.timesMs.map((_, i) =>
      lists.reduce<number | null>((best, list) => {
        const value = list[i] ?? null;
        return value === null ? best : best === null ? value : pick(best, value);
      }, null),
    );
  };
  const low = extreme(lowOf, Math.min);
  const high = extreme(highOf, Math.max);
  const name = `${arrays.length} cells`;
  return [
    { name, style: 'line-4', timesMs: cells.timesMs, values: cells.timesMs.map(() => null), low, high },
  ];
}
