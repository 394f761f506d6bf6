/**
 * `npm run bench [-- --quick] [--simulator | --datasets | --data | --scoring | --learning] [--markdown]`: how fast, and against what (docs/benchmarks.md). Started with
 * `--job` it is one measurement in a process of its own.
 */
const jobAt = process.argv.indexOf('--job');
if (jobAt > 0) {
  const { runJob } = await import('./jobs.ts');
  process.stdout.write(JSON.stringify(await runJob(JSON.parse(process.argv[jobAt + 1]!))));
} else {
  const { runSuite } = await import('./suite.ts');
  const has = (flag: string): boolean => process.argv.includes(flag);
  await runSuite({
    isQuick: has('--quick'),
    only: has('--simulator')
      ? 'simulator'
      : has('--datasets')
        ? 'datasets'
        : has('--data')
          ? 'data'
          : has('--scoring')
            ? 'scoring'
            : has('--learning')
              ? 'learning'
              : null,
    asMarkdown: has('--markdown'),
  });
}

export {};
