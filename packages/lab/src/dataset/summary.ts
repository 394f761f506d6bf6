/** What is in a dataset, as tables: for its card and for the terminal. */
import { MS_PER_H, MS_PER_S } from '@emberwatch/engine/units';
import { type Manifest, OUTCOMES, type RunRecord, SPLITS } from './manifest.ts';

export interface SummaryTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const S_PER_H = MS_PER_H / MS_PER_S;
const S_PER_MIN = 60;
const H_PER_YEAR = 8766;
const BYTES_PER_MB = 1e6;

export const count = (value: number): string => Math.round(value).toLocaleString('en-US');
export const megabytes = (bytes: number): string =>
  bytes < 10 * BYTES_PER_MB ? (bytes / BYTES_PER_MB).toFixed(1) : count(bytes / BYTES_PER_MB);

const moduleHoursOf = (runs: readonly RunRecord[]): number =>
  runs.reduce((sum, { moduleCount, durationS }) => sum + (moduleCount * durationS) / S_PER_H, 0);

/** `3.21 module-years`, short ones with more digits. */
export const exposureText = (runs: readonly RunRecord[]): string => {
  const hours = moduleHoursOf(runs);
  return `${count(hours)} module-hours (${(hours / H_PER_YEAR).toPrecision(3)} module-years)`;
};

export const bytesOf = (runs: readonly RunRecord[]): number =>
  runs.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Labelled rows that lie before the fault of their module begins, where nothing can show yet: the hazard window has
 * its length whether the fault takes minutes or days. From the times of the events, so the last row may be off.
 */
export const hazardRowsBeforeOnset = (runs: readonly RunRecord[]): number =>
  Math.round(
    runs.reduce((sum, run) => {
      const [labelledS, beforeS] = labelledTimeS(run);
      return labelledS > 0 ? sum + run.hazardRows * (beforeS / labelledS) : sum;
    }, 0),
  );

/** Labelled module-seconds of a run, and those before the onset. */
function labelledTimeS({ modules, durationS, label }: RunRecord): [labelledS: number, beforeS: number] {
  let [labelledS, beforeS] = [0, 0];
  for (const { pnrThresholdS, faultOnsetS } of modules) {
    if (pnrThresholdS === null || !label) continue;
    const toS = Math.min(durationS, pnrThresholdS - label.guardS);
    const fromS = Math.max(0, pnrThresholdS - label.guardS - label.windowS);
    labelledS += Math.max(0, toS - fromS);
    if (faultOnsetS !== null) beforeS += Math.max(0, Math.min(toS, faultOnsetS) - fromS);
  }
  return [labelledS, beforeS];
}

export function summaryTables({ runs }: Manifest): SummaryTable[] {
  const of = (key: (run: RunRecord) => string): string[] => [...new Set(runs.map(key))].sort();
  const sites = of(({ site }) => site);
  const chemistries = of(({ chemistry }) => chemistry);
  const families = of(({ family }) => family);
  const splits = SPLITS.filter((split) => runs.some((run) => run.split === split));
  return [
    crossTable('Runs by outcome and split', runs, splits, ({ split }) => split),
    crossTable('Runs by outcome and site', runs, sites, ({ site }) => site),
    crossTable('Runs by outcome and chemistry', runs, chemistries, ({ chemistry }) => chemistry),
    familyTable(runs, families),
    exposureTable(runs),
    eventTable(runs, families),
    samplingTable(runs),
    ...optional(sensorFaultTable(runs)),
    ...optional(expectationTable(runs)),
  ];
}

const optional = (table: SummaryTable): SummaryTable[] => (table.rows.length > 0 ? [table] : []);

function crossTable(
  title: string,
  runs: readonly RunRecord[],
  columns: readonly string[],
  of: (run: RunRecord) => string,
): SummaryTable {
  const cell = (ofRow: readonly RunRecord[]): string[] => [
    ...columns.map((column) => count(ofRow.filter((run) => of(run) === column).length)),
    count(ofRow.length),
  ];
  return {
    title,
    header: ['outcome', ...columns, 'all'],
    rows: [
      ...OUTCOMES.map((outcome) => [outcome, ...cell(runs.filter((run) => run.outcome === outcome))]),
      ['all', ...cell(runs)],
    ],
  };
}

function familyTable(runs: readonly RunRecord[], families: readonly string[]): SummaryTable {
  return {
    title: 'Runs by family and outcome',
    header: ['family', ...OUTCOMES, 'all'],
    rows: families.map((family) => {
      const own = runs.filter((run) => run.family === family);
      const counts = OUTCOMES.map((outcome) => count(own.filter((run) => run.outcome === outcome).length));
      return [family, ...counts, count(own.length)];
    }),
  };
}

function exposureTable(runs: readonly RunRecord[]): SummaryTable {
  const row = (name: string, own: readonly RunRecord[]): string[] => [
    name,
    count(own.length),
    count(moduleHoursOf(own)),
    (moduleHoursOf(own) / H_PER_YEAR).toPrecision(3),
    count(own.reduce((sum, { rows }) => sum + rows, 0)),
    count(own.reduce((sum, { hazardRows }) => sum + hazardRows, 0)),
  ];
  return {
    title: 'Exposure',
    header: ['outcome', 'runs', 'module-hours', 'module-years', 'rows', 'hazard rows'],
    rows: [
      ...OUTCOMES.map((outcome) =>
        row(
          outcome,
          runs.filter((run) => run.outcome === outcome),
        ),
      ),
      row('all', runs),
    ],
  };
}

/** Modules, not runs: several of a run may be lost. */
function eventTable(runs: readonly RunRecord[], families: readonly string[]): SummaryTable {
  const rows = families.flatMap((family) => {
    const own = runs.filter((run) => run.family === family);
    const modules = own.flatMap((run) => run.modules);
    if (
      modules.every(
        ({ faultOnsetS, ventS, pnrThresholdS }) => (faultOnsetS ?? ventS ?? pnrThresholdS) === null,
      )
    )
      return [];
    const toPnrS = modules.flatMap(({ faultOnsetS, pnrThresholdS }) =>
      faultOnsetS === null || pnrThresholdS === null ? [] : [pnrThresholdS - faultOnsetS],
    );
    const having = (
      key: 'faultOnsetS' | 'ventS' | 'pnrThresholdS' | 'pnrInterventionS' | 'runawayS',
    ): string => count(modules.filter((module) => module[key] !== null).length);
    return [
      [
        family,
        having('faultOnsetS'),
        having('ventS'),
        having('pnrThresholdS'),
        having('pnrInterventionS'),
        having('runawayS'),
        spreadText(toPnrS, S_PER_MIN),
      ],
    ];
  });
  return {
    title: 'Events of modules by family of the run',
    header: [
      'family',
      'faults',
      'vents',
      'PNR',
      'PNR by intervention',
      'runaways',
      'onset to PNR in min: least, median, most',
    ],
    rows,
  };
}

function samplingTable(runs: readonly RunRecord[]): SummaryTable {
  const sites = [...new Set(runs.map(({ site }) => site))].sort();
  return {
    title: 'What was measured, by site',
    header: [
      'site',
      'modules',
      'interval in s',
      'channels',
      'cell voltages',
      'probes',
      'capacity told in Ah',
    ],
    rows: sites.map((site) => {
      const own = runs.filter((run) => run.site === site);
      const range = (of: (run: RunRecord) => number | undefined): string =>
        rangeText(own.flatMap((run) => of(run) ?? []));
      return [
        site,
        range(({ moduleCount }) => moduleCount),
        range(({ intervalS }) => intervalS),
        range(({ channels }) => channels.length),
        range(({ cellVoltages }) => cellVoltages),
        range(({ probes }) => probes),
        range(({ nameplate }) => nameplate.capacityAh),
      ];
    }),
  };
}

function sensorFaultTable(runs: readonly RunRecord[]): SummaryTable {
  const counts = new Map<string, { faults: number; runs: number }>();
  for (const run of runs) {
    for (const { kind } of distinctFaults(run)) {
      const entry = counts.get(kind) ?? { faults: 0, runs: 0 };
      counts.set(kind, { ...entry, faults: entry.faults + 1 });
    }
    for (const kind of new Set(run.sensorFaults.map((fault) => fault.kind))) counts.get(kind)!.runs++;
  }
  return {
    title: 'Sensors, gateways and clocks that fail',
    header: ['kind', 'times', 'in runs'],
    rows: [...counts].sort().map(([kind, entry]) => [kind, count(entry.faults), count(entry.runs)]),
  };
}

/** The gateway and the clock of a site are those of all its modules, and stand beside each of them in the record. */
function distinctFaults({ sensorFaults }: RunRecord): RunRecord['sensorFaults'] {
  const seen = new Set<string>();
  return sensorFaults.filter(({ channel, kind, fromS, toS }) => {
    if (channel !== 'gateway' && channel !== 'clock') return true;
    const key = `${channel} ${kind} ${fromS} ${toS}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** Recipes that said what would happen. */
function expectationTable(runs: readonly RunRecord[]): SummaryTable {
  const recipes = [...new Set(runs.flatMap((run) => (run.expected === null ? [] : run.recipe)))];
  return {
    title: 'Outcomes that recipes expected',
    header: ['recipe', 'expected', 'as expected', 'otherwise'],
    rows: recipes.map((recipe) => {
      const own = runs.filter((run) => run.recipe === recipe);
      const others = own.filter(({ expected, outcome }) => expected !== null && outcome !== expected);
      const found = [...new Set(others.map(({ outcome }) => outcome))].map(
        (outcome) => `${count(others.filter((run) => run.outcome === outcome).length)} ${outcome}`,
      );
      const wanted = [...new Set(own.flatMap(({ expected }) => expected ?? []))].join(' or ');
      return [recipe, wanted, count(own.length - others.length), found.join(', ') || '0'];
    }),
  };
}

function spreadText(valuesS: readonly number[], unitS: number): string {
  if (valuesS.length === 0) return '–';
  const sorted = valuesS.toSorted((a, b) => a - b);
  return [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!]
    .map((value) => (value / unitS).toFixed(1))
    .join(', ');
}

function rangeText(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const text = (value: number): string => String(Number(value.toPrecision(3)));
  return low === high ? text(low) : `${text(low)} to ${text(high)}`;
}
