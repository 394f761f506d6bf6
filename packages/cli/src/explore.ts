/** `emberwatch explore`: what is in a recording or a dataset. */
import type { Comparison, Exploration } from '@emberwatch/lab/explore';
import { compare, explore as exploreSource, renderExploration } from '@emberwatch/lab/explore';
import { count, duration, plural, stamp } from './format.ts';
import { mappingFrom } from './mapping.ts';
import { mustBeWritable, writeWhole } from './outputs.ts';
import { progressBar } from './progress.ts';

export interface ExploreArguments {
  readonly map?: string;
  readonly against?: string;
  readonly againstMap?: string;
  readonly output?: string;
  readonly json?: boolean;
}

export async function explore(source: string, options: ExploreArguments): Promise<void> {
  await mustBeWritable([options.output]);
  const bar = progressBar();
  const read = async (path: string, map: string | undefined) =>
    exploreSource(path, {
      mapping: map === undefined ? null : await mappingFrom(map),
      onProgress: bar.update,
    });
  try {
    const explored = await read(source, options.map);
    const other = options.against === undefined ? null : await read(options.against, options.againstMap);
    bar.stop();
    const comparison = other && compare(explored, other);
    const { exploration } = explored;
    if (options.json)
      process.stdout.write(
        `${JSON.stringify(other ? { ...exploration, against: other.exploration, comparison } : exploration)}\n`,
      );
    else {
      print(exploration, options.output === undefined);
      if (comparison) printComparison(comparison);
    }
    if (options.output === undefined) return;
    const against = other && comparison ? { other, comparison } : null;
    await writeWhole(options.output, await renderExploration(explored, against));
    if (!options.json) process.stdout.write(`\nReport: ${options.output}\n`);
  } finally {
    bar.stop();
  }
}

const MAX_FINDINGS = 12;

function print(
  { source, frames, modules, firstMs, lastMs, sampling, findings, dataset }: Exploration,
  isAll: boolean,
): void {
  const { usualIntervalMs } = sampling;
  const every =
    usualIntervalMs === null
      ? ''
      : `, one every ${usualIntervalMs < 1000 ? `${usualIntervalMs} ms` : duration(usualIntervalMs)}`;
  const lines = [
    `${source}: ${dataset ? `${plural(dataset.runs, 'run')}, ` : ''}${plural(modules, 'module')}, ${plural(frames, 'frame')}${every}, ${stamp(firstMs)} to ${stamp(lastMs)} UTC`,
    '',
    ...findings.slice(0, MAX_FINDINGS).map(({ text }, i) => `  ${i + 1}. ${text}`),
  ];
  if (findings.length === 0) lines.push('  Nothing odd was found.');
  if (findings.length > MAX_FINDINGS)
    lines.push(`  … and ${count(findings.length - MAX_FINDINGS)} more (-o and --json show all)`);
  if (isAll) lines.push('', '  -o report.html shows every signal with pictures; --json gives all figures.');
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The most different signal first. */
function printComparison({ second, signals, onlyFirst, onlySecond }: Comparison): void {
  const pair = ([here, there]: readonly [number | null, number | null]): string =>
    `${short(here)} / ${short(there)}`;
  const rows = signals.map(({ id, levelKs, changeKs, medians, noise, resolution }) => [
    id,
    levelKs.toFixed(2),
    Number.isNaN(changeKs) ? '–' : changeKs.toFixed(2),
    pair(medians),
    pair(noise),
    pair(resolution),
  ]);
  const header = ['', 'levels apart', 'changes apart', 'median', 'noise', 'step'];
  const widths = header.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`;
  const only = [
    ...(onlyFirst.length > 0 ? [`  only here: ${onlyFirst.join(', ')}`] : []),
    ...(onlySecond.length > 0 ? [`  only there: ${onlySecond.join(', ')}`] : []),
  ];
  const table = signals.length === 0 ? ['  No signal is in both.'] : [header, ...rows].map(line);
  const about = '  Apart: Kolmogorov–Smirnov, 0 the same, 1 apart. Pairs: here / there.';
  process.stdout.write(`\nAgainst ${second}\n${[...table, ...only, about].join('\n')}\n`);
}

const short = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(3))));
