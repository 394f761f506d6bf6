/** What was not measured, and what the absence of an alarm therefore does not prove. */
import { CELL_ARRAYS, CHANNELS, type ChannelId, expandColumns } from '@emberwatch/engine/telemetry';
import { TRACE_SIGNALS, type TraceSignal } from '../watch/trace.ts';
import type { WatchResult } from '../watch/watch.ts';

/** Sources whose values can be looked at in the recorded signals. */
const SIGNAL_OF: Partial<Record<string, TraceSignal>> = {
  surface_temperature_mean_degc: 'meanDegC',
  surface_temperature_max_degc: 'hottestDegC',
  cell_temperatures_degc: 'hottestDegC',
  cell_voltages_v: 'cellLowMv',
  cell_voltage_min_v: 'cellLowMv',
  voltage_v: 'voltageV',
  current_a: 'currentA',
  co_ppm: 'coPpm',
  h2_ppm: 'h2Ppm',
  voc_ppm: 'vocPpm',
  ambient_temperature_degc: 'ambientDegC',
};

/** Channels and cell arrays that some column of the file delivered. */
function measuredSources(result: WatchResult): Set<string> {
  const { mapping, coverage } = result;
  const absent = new Set(coverage.absentColumns);
  const measured = new Set<string>();
  for (const target of [mapping, ...(mapping.split ?? [])]) {
    for (const { id } of CHANNELS) {
      const entry = target.channels?.[id];
      if (entry && !absent.has(entry.column)) measured.add(id);
    }
    for (const { id } of CELL_ARRAYS) {
      const cells = target[id];
      const columns = cells ? expandColumns(cells.columns ?? cells.list ?? [], id) : [];
      if (columns.some((column) => !absent.has(column))) measured.add(id);
    }
  }
  for (const [source, signal] of Object.entries(SIGNAL_OF))
    if (signal && isAlwaysMissing(result, signal)) measured.delete(source);
  return measured;
}

function isAlwaysMissing(result: WatchResult, signal: TraceSignal): boolean {
  const overviews = result.signals?.overviews;
  if (!overviews || overviews.size === 0 || overviews.size < result.modules.length) return false;
  const k = TRACE_SIGNALS.indexOf(signal);
  for (const trace of overviews.values())
    if (trace.signals[k]!.some((value) => !Number.isNaN(value))) return false;
  return true;
}

const MIN_SIBLINGS = 3;

const NAME_OF_GAS: Partial<Record<ChannelId, string>> = {
  co_ppm: 'carbon monoxide',
  h2_ppm: 'hydrogen',
  voc_ppm: 'solvent vapour',
};

/** Sentences, the weightiest first; empty where everything was there. */
export function unevaluated(result: WatchResult): string[] {
  const measured = measuredSources(result);
  const hasAny = (...sources: string[]): boolean => sources.some((source) => measured.has(source));
  const { nameplate } = result.mapping;
  const isOneCell = nameplate?.cellsInSeries === 1;
  const lines: string[] = [];
  if (!hasAny('surface_temperature_max_degc', 'surface_temperature_mean_degc', 'cell_temperatures_degc'))
    lines.push('No surface temperature: heat could not be judged at all.');
  else if (!isOneCell && !hasAny('surface_temperature_min_degc', 'cell_temperatures_degc'))
    lines.push(
      'No coldest temperature and no single probes: the spread inside a module could not be judged.',
    );
  if (!hasAny('voltage_v')) lines.push('No voltage: charge and collapse could not be judged.');
  if (!hasAny('cell_voltages_v', 'cell_voltage_min_v') && !isOneCell)
    lines.push('No cell voltages: a single weak or shorted cell could not be seen.');
  const gases = Object.keys(NAME_OF_GAS).filter((gas) => !hasAny(gas)) as ChannelId[];
  if (gases.length === 3) lines.push('No gas sensor: venting could not be noticed.');
  else if (gases.length > 0)
    lines.push(
      `No sensor of ${gases.map((gas) => NAME_OF_GAS[gas]).join(' and ')}: part of the gas rules is blind.`,
    );
  if (!hasAny('current_a')) lines.push('No current: heat could not be compared with the load.');
  else if (nameplate?.capacityAh === undefined)
    lines.push('No capacity in the mapping: the heat of the load could not be allowed for.');
  if (!hasAny('insulation_kohm')) lines.push('No insulation monitor: leakage to earth could not be seen.');
  if (!hasAny('ambient_temperature_degc'))
    lines.push('No ambient temperature: a hot room and a hot module look alike in the pictures.');
  if (result.modules.length < MIN_SIBLINGS)
    lines.push('Fewer than three modules: no comparison with siblings.');
  return lines;
}

/** How the instants of the report came about, where they do not simply stand in the file. */
export function timeNote(result: WatchResult): string {
  const { format = 'auto', start, zone } = result.mapping.time;
  if (format.startsWith('elapsed_'))
    return start === undefined
      ? 'The file only counts time. Its zero is shown as 2000-01-01 00:00:00: dates are not real, durations are.'
      : `The file only counts time. Its zero is ${start}, as the mapping says.`;
  if (format.startsWith('unix_')) return 'All times are UTC.';
  return `All times are UTC; stamps without a zone were read as ${zone ?? 'UTC'}.`;
}
