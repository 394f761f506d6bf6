/** The features of the detector as plain window queries: what somebody would write who has a database only. */
import type { Mapping } from '@emberwatch/engine/telemetry';
import { expandColumns } from '@emberwatch/engine/telemetry';
import { sqlName, sqlText } from '../packages/lab/src/recording/parquet.ts';

export type TableFormat = 'csv' | 'parquet';

export const tableOf = (file: string, format: TableFormat): string => `read_${format}(${sqlText(file)})`;

const HORIZONS_S = [10, 60, 180] as const;

interface Columns {
  readonly timeS: string;
  readonly module: string | null;
  readonly rack: string | null;
  readonly hottest: string;
  readonly voltage: string;
  readonly cells: readonly string[];
  readonly probes: readonly string[];
}

function columnsOf(mapping: Mapping): Columns {
  const { channels = {}, time } = mapping;
  const nameOf = (id: keyof typeof channels): string | null => {
    const column = channels[id]?.column;
    return column === undefined ? null : sqlName(column);
  };
  const listOf = (cells: Mapping['cell_voltages_v']): string[] =>
    cells?.columns === undefined ? [] : expandColumns(cells.columns, 'columns').map(sqlName);
  const probes = listOf(mapping.cell_temperatures_degc);
  const hottest = nameOf('surface_temperature_max_degc')!;
  return {
    timeS: time.format === 'elapsed_s' ? sqlName(time.column) : `epoch(${sqlName(time.column)})`,
    module: mapping.module.column === undefined ? null : sqlName(mapping.module.column),
    rack: mapping.rack?.column === undefined ? null : sqlName(mapping.rack.column),
    hottest: probes.length > 0 ? `greatest(${[hottest, ...probes].join(', ')})` : hottest,
    voltage: nameOf('voltage_v')!,
    cells: listOf(mapping.cell_voltages_v),
    probes,
  };
}

function baseOf(table: string, { timeS, module, rack, hottest, voltage, cells, probes }: Columns): string {
  const fields = [`${timeS} AS t`, `${hottest} AS x`, `${voltage} AS v`];
  if (module) fields.push(`${module} AS module`);
  if (rack) fields.push(`${rack} AS rack`);
  if (cells.length > 0) {
    const list = `[${cells.join(', ')}]`;
    fields.push(`${list} AS cells`, `list_median(${list}) AS middle`);
  }
  if (probes.length > 0)
    fields.push(`greatest(${probes.join(', ')}) - least(${probes.join(', ')}) AS spread`);
  return `SELECT ${fields.join(', ')} FROM ${table}`;
}

const windowsOf = ({ module }: Columns): string =>
  HORIZONS_S.map(
    (s) =>
      `w${s} AS (${module ? 'PARTITION BY module ' : ''}ORDER BY t RANGE BETWEEN ${s} PRECEDING AND CURRENT ROW)`,
  ).join(', ');

const slopeFields = (s: number): string =>
  `regr_slope(x, t) OVER w${s} AS slope${s}, regr_sxx(x, t) OVER w${s} AS sxx${s},
   regr_syy(x, t) OVER w${s} AS syy${s}, count(x) OVER w${s} AS n${s}`;

/** Lower edge of the 95 % interval, K/min. */
const surelyKPerMin = (s: number): string =>
  `60 * (slope${s} - 1.98 * sqrt(greatest(0, syy${s} - slope${s} * slope${s} * sxx${s})
     / nullif(n${s}::DOUBLE - 2, 0) / nullif(sxx${s}, 0)))`;

const deviationOf = (_: string, i: number): string => `avg(cells[${i + 1}] - middle) OVER w60`;

/** Every feature of every row, compared with the limits of the policy: one row of counts. */
export function featureQuery(file: string, format: TableFormat, mapping: Mapping): string {
  const columns = columnsOf(mapping);
  const { cells, probes, rack } = columns;
  const fields = [...HORIZONS_S.map(slopeFields), 'x', 'v', 'max(v) OVER w60 AS high'];
  if (cells.length > 0) fields.push(`least(${cells.map(deviationOf).join(', ')}) AS lowest`);
  if (probes.length > 0) fields.push('spread');
  if (rack)
    fields.push(
      'median(x) OVER (PARTITION BY rack, t) AS rackX',
      'median(v) OVER (PARTITION BY rack, t) AS rackV',
    );
  const counted: Record<string, string> = {
    hot: 'x > 55',
    heating: `greatest(${surelyKPerMin(60)}, ${surelyKPerMin(180)}) > 1`,
    heatingFast: `${surelyKPerMin(10)} > 60`,
    fall: '1 - v / high > 0.25',
    ...(cells.length > 0 ? { cellLow: 'lowest < -0.05' } : {}),
    ...(probes.length > 0 ? { spread: 'spread > 7' } : {}),
    ...(rack ? { aboveSiblings: 'x - rackX > 7', belowSiblings: '1 - v / rackV > 0.03' } : {}),
  };
  const counts = Object.entries(counted).map(([name, is]) => `count(*) FILTER (${is}) AS ${name}`);
  return `WITH base AS (${baseOf(tableOf(file, format), columns)}),
    figures AS (SELECT ${fields.join(', ')} FROM base WINDOW ${windowsOf(columns)})
    SELECT count(*) AS frames, ${counts.join(', ')} FROM figures`;
}

/** Which cell is the lowest most often, smoothed as above. */
export function lowestCellQuery(file: string, format: TableFormat, mapping: Mapping): string {
  const columns = columnsOf(mapping);
  return `WITH base AS (${baseOf(tableOf(file, format), columns)}),
    smoothed AS (SELECT [${columns.cells.map(deviationOf).join(', ')}] AS deviations
      FROM base WINDOW w60 AS (ORDER BY t RANGE BETWEEN 60 PRECEDING AND CURRENT ROW))
    SELECT mode(list_position(deviations, list_min(deviations))) AS lowestCell FROM smoothed`;
}

/** Rows for `compareSlopes`. */
export function slopeQuery(table: string, mapping: Mapping | null): string {
  const base = mapping ? baseOf(table, columnsOf(mapping)) : table;
  return `SELECT t, x, regr_slope(x, t) OVER w60 AS slope, regr_slope(x, t) OVER w180 AS slope180,
      regr_r2(x, t) OVER w180 AS r2, count(x) OVER w180 AS n
    FROM (${base}) WHERE t IS NOT NULL AND x IS NOT NULL
    WINDOW w60 AS (ORDER BY t RANGE BETWEEN 60 PRECEDING AND CURRENT ROW),
           w180 AS (ORDER BY t RANGE BETWEEN 180 PRECEDING AND CURRENT ROW) ORDER BY t`;
}

/** One hour, 3 K/min, one row a second, rounded to 1 mK. */
export const RAMP = 'SELECT range::DOUBLE AS t, round(20 + range * 0.05, 3) AS x FROM range(3600)';

/** All mapped numbers of a file added up. */
export function sumQuery(file: string, format: TableFormat, mapping: Mapping): string {
  const { cells, probes } = columnsOf(mapping);
  const channels = Object.values(mapping.channels ?? {}).map(
    ({ column, positive }) => `${positive === 'discharging' ? '-' : ''}${sqlName(column)}`,
  );
  const sums = [...channels, ...cells, ...probes].map((column) => `sum(${column})`);
  return `SELECT count(*) AS frames, ${sums.join(' + ')} AS sum FROM ${tableOf(file, format)}`;
}
