/** Results of `simulate`, `cell`, `solve` and `map` for a person at a terminal. */
import { degCOfKelvin, S_PER_H, S_PER_MIN } from '@emberwatch/engine/units';
import type { CellResult, ModuleEvents, SolvedScenario, TruthMap, TruthRun } from '@emberwatch/lab/simulate';
import { clock as clockOf, energyIn, interventionText, worstFirst } from '@emberwatch/lab/simulate';
import { count, plural, shortList } from './format.ts';

const MAX_MODULES = 40;
const MAX_STEPS = 15;
const MAX_SPREADS = 6;

/** `–` where it did not happen. */
const clock = (timeS: number | null): string => (timeS === null ? '–' : clockOf(timeS));

const celsius = (temperatureK: number): string => `${degCOfKelvin(temperatureK).toFixed(0)} °C`;

/** Columns as wide as their widest cell; figures (all but the first `left`) to the right. */
function columns(rows: readonly (readonly string[])[], left: number): string[] {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, c) => (c < left ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  ')}`.trimEnd(),
  );
}

const print = (lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

type Files = Readonly<Record<string, string | undefined>>;

const fileLines = (files: Files): string[] => {
  const lines = Object.entries(files).flatMap(([what, path]) =>
    path === undefined ? [] : [`${what}: ${path}`],
  );
  return lines.length > 0 ? ['', ...lines] : [];
};

export function printRun(run: TruthRun, files: Files): void {
  const { scenario, events } = run;
  const racks = plural(run.trajectory.header.racks.length, 'rack');
  print([
    `${scenario.name}: ${scenario.description}`,
    `${plural(events.length, 'module')} in ${racks}, ${hours(scenario.durationS)}, a row every ${scenario.outputIntervalS} s, seed ${scenario.seed}`,
    '',
    ...eventLines(run),
    ...stepLines(events),
    '',
    ...energyLines(run),
    ...fileLines(files),
  ]);
}

const hours = (timeS: number): string => `${Number((timeS / S_PER_H).toFixed(2))} h`;

function eventLines(run: TruthRun): string[] {
  const { events } = run;
  const worst = worstFirst(events);
  const rows = worst
    .slice(0, MAX_MODULES)
    .map((event) => [
      event.module,
      shortList(event.faultKinds, 2) || '(spread from elsewhere)',
      clock(event.faultOnsetS),
      clock(event.ventS),
      clock(event.pnrThresholdS),
      interventionText(run, event, clock),
      clock(event.runawayS),
      celsius(event.peakK),
      clock(event.peakS),
    ]);
  const heads = ['module', 'faults', 'onset', 'vent', 'PNR', 'PNR', 'runaway', 'hottest', 'at'];
  const below = ['', '', '', '', 'threshold', 'intervention', '', 'cell', ''];
  const disturbed = events.filter(({ disturbanceKinds }) => disturbanceKinds.length > 0);
  const kinds = [...new Set(disturbed.flatMap(({ disturbanceKinds }) => disturbanceKinds))].join(', ');
  return [
    'Events (h:mm:ss from the start; PNR is the point of no return)',
    ...(worst.length > 0
      ? columns([heads, below, ...rows], 2)
      : ['  no hazardous fault, no vent, no runaway']),
    ...(worst.length > MAX_MODULES
      ? [`  … and ${count(worst.length - MAX_MODULES)} more modules (--json has all)`]
      : []),
    ...(kinds ? [`  disturbances of ${plural(disturbed.length, 'module')}: ${kinds}`] : []),
    ...otherLines(events, worst),
  ];
}

function otherLines(events: readonly ModuleEvents[], worst: readonly ModuleEvents[]): string[] {
  const named = new Set(worst.map(({ module }) => module));
  const others = events.filter(({ module }) => !named.has(module));
  if (others.length === 0) return [];
  const hottest = others.reduce((a, b) => (b.peakK > a.peakK ? b : a));
  return [
    `  ${others.length === events.length ? 'all' : 'the other'} ${plural(others.length, 'module')}: no event; hottest cell ${celsius(hottest.peakK)} (${hottest.module})`,
  ];
}

function stepLines(events: readonly ModuleEvents[]): string[] {
  const spread = worstFirst(events).filter(({ runaways }) => runaways.length > 1);
  const lines = spread.slice(0, MAX_SPREADS).map(({ module, runaways }) => {
    const [first, ...later] = runaways;
    const steps = later
      .slice(0, MAX_STEPS)
      .map(({ cell, timeS }, k) => `${cell} +${interval(timeS - runaways[k]!.timeS)}`);
    const more = later.length > MAX_STEPS ? `, … and ${plural(later.length - MAX_STEPS, 'cell')} more` : '';
    return `  ${module}: cell ${first!.cell} at ${clock(first!.timeS)}, then ${steps.join(', ')}${more}`;
  });
  if (lines.length === 0) return [];
  const more = spread.length - MAX_SPREADS;
  return [
    '',
    'Propagation from cell to cell',
    ...lines,
    ...(more > 0 ? [`  … and in ${plural(more, 'more module', 'more modules')} (--json has all)`] : []),
  ];
}

function interval(lengthS: number): string {
  if (lengthS < 10) return `${lengthS.toFixed(1)} s`;
  return lengthS < S_PER_MIN ? `${lengthS.toFixed(0)} s` : `${(lengthS / S_PER_MIN).toFixed(1)} min`;
}

function energyLines(run: TruthRun): string[] {
  const { energy, effort, wallMs, interventionWallMs } = run;
  const text = energyIn(energy);
  const search = run.interventionSearched ? `${(interventionWallMs / 1000).toFixed(2)} s` : 'not searched';
  return [
    'Energy',
    `  from reactions ${text(energy.releasedByReactionsJ)}, electric heat ${text(energy.electricHeatJ)}, heaters ${text(energy.heaterJ)}`,
    `  stored in solids ${text(energy.storedInSolidsJ)}, to air ${text(energy.toAirJ)}, to coolant ${text(energy.toCoolantJ)}, ejected ${text(energy.ejectedJ)}`,
    `  unaccounted ${(energy.residual * 100).toExponential(1)} % of the heat released`,
    `Effort: ${count(effort.steps)} steps, ${count(effort.evaluations)} evaluations, ${((wallMs - interventionWallMs) / 1000).toFixed(2)} s; last moments to intervene ${search}`,
  ];
}

export function printCell(result: CellResult): void {
  const { timeToRateOneKPerSS: rateS, temperatureAtRateOneKPerSK: rateK } = result;
  print([
    result.runaway
      ? `Runaway: passes 200 °C after ${seconds(result.timeTo200DegCS!)}`
      : 'No runaway: 200 °C is not reached',
    rateS === null || rateK === null
      ? 'Never heats by 1 K/s'
      : `Heats by 1 K/s after ${seconds(rateS)}, at ${degCOfKelvin(rateK).toFixed(1)} °C`,
    `Hottest ${degCOfKelvin(result.peakK).toFixed(2)} °C (${result.peakK.toFixed(3)} K) after ${seconds(result.peakS)}`,
  ]);
}

const seconds = (timeS: number): string =>
  `${timeS.toLocaleString('en-US', { maximumFractionDigits: 2 })} s${timeS >= 120 ? ` (${clock(timeS)})` : ''}`;

const stat = (value: number): string => String(Number(value.toPrecision(6)));

export function printSolution(solved: SolvedScenario, output: string | undefined): void {
  const { module, path, faultKind, wantedTimeToPnrS: wantedS, onsetS, trials } = solved;
  const rows = trials.map(({ strength, timeToPnrS, peakK }, k) => [
    String(k + 1),
    stat(strength),
    timeToPnrS === null ? 'not reached' : clock(timeToPnrS),
    celsius(peakK),
  ]);
  print([
    `${module}, ${faultKind} from ${clock(onsetS)} on; wanted: point of no return by threshold ${clock(wantedS)} after the onset`,
    '',
    `Trials of ${path}`,
    ...columns([['run', path.slice(path.lastIndexOf('.') + 1), 'time to PNR', 'hottest cell'], ...rows], 0),
    '  Runs end at the point of no return, or a little after the wanted time.',
    '',
    ...(solved.found ? foundLines(solved) : missingLines(solved)),
    `${plural(solved.runs, 'run')}, ${(solved.wallMs / 1000).toFixed(2)} s`,
    ...(output === undefined || solved.yaml !== null
      ? fileLines({ Scenario: output })
      : ['', `Not written: ${output}`]),
  ]);
}

function foundLines({
  path,
  strength,
  timeToPnrS,
  wantedTimeToPnrS,
  semenovHeatW,
}: SolvedScenario): string[] {
  const off = timeToPnrS! / wantedTimeToPnrS - 1;
  return [
    `Found: ${path} = ${strength}`,
    `  a run of the whole site reaches the point ${clock(timeToPnrS)} after the onset (${percent(off)})`,
    ...boundLines(semenovHeatW),
  ];
}

const percent = (share: number): string => `${share >= 0 ? '+' : '−'}${(Math.abs(share) * 100).toFixed(2)} %`;

const boundLines = (semenovHeatW: number | null): string[] =>
  semenovHeatW === null
    ? []
    : [
        `  Semenov: as it is cooled, the cell holds lasting heat of ${semenovHeatW.toFixed(1)} W, if not more`,
      ];

function missingLines(solved: SolvedScenario): string[] {
  const { weakestInTime: early, strongestLate: late, criticalHeatW, semenovHeatW, largestAvertedK } = solved;
  const lines = [`None found: no strength reaches it ${clock(solved.wantedTimeToPnrS)} after the onset.`];
  if (early && late)
    lines.push(
      `  ${stat(early.strength)} reaches it after ${clock(early.timeToPnrS)}; ${stat(late.strength)} ${late.timeToPnrS === null ? 'not in the searched time' : `after ${clock(late.timeToPnrS)}`}`,
      `  a time in between would need a strength known better than to ${(Math.abs(early.strength / late.strength - 1) * 100).toPrecision(1)} %`,
    );
  else if (early)
    lines.push(
      `  even ${stat(early.strength)}, the weakest tried, reaches it after ${clock(early.timeToPnrS)}`,
    );
  else if (late)
    lines.push(
      `  ${stat(late.strength)}, the strongest tried, ${late.timeToPnrS === null ? 'does not reach it' : `reaches it only after ${clock(late.timeToPnrS)}`}`,
    );
  if (criticalHeatW !== null) lines.push(`  Critical heat found by the runs: ${criticalHeatW.toFixed(1)} W`);
  lines.push(...boundLines(semenovHeatW));
  if (largestAvertedK !== null)
    lines.push(`  Highest temperature without reaching it: ${degCOfKelvin(largestAvertedK).toFixed(1)} °C`);
  return lines;
}

const MAX_COLUMNS = 60;

/** The picture in letters where it fits; the largest y on top. */
export function printMap(map: TruthMap, files: Files): void {
  const { x, y } = map;
  const ran = map.runaway.reduce((sum, one) => sum + one, 0);
  const rows = [...y.values.keys()].reverse().map((j) => {
    const marks = [...x.values.keys()].map((i) => mark(map, j * x.values.length + i)).join(' ');
    return [stat(y.values[j]!), marks];
  });
  const width = Math.max(...rows.map(([label]) => label!.length));
  print([
    `${map.module} in ${map.name}: ${count(ran)} of ${plural(map.runaway.length, 'run')} run away (${(map.wallMs / 1000).toFixed(1)} s)`,
    ...(x.values.length <= MAX_COLUMNS
      ? [
          '',
          `  ${y.path}`,
          ...rows.map(([label, marks]) => `  ${label!.padStart(width)}  ${marks}`),
          `  ${' '.repeat(width)}  ${stat(x.values[0]!)} … ${stat(x.values.at(-1)!)}  ${x.path}${x.isLog ? ' (logarithmic)' : ''}`,
          '  ◆ runs away   △ vents only   · neither',
        ]
      : []),
    ...fileLines(files),
  ]);
}

const mark = (map: TruthMap, at: number): string => (map.runaway[at] ? '◆' : map.vented[at] ? '△' : '·');
