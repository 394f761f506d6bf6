/**
 * `npm run bench [-- --quick] [--simulator | --datasets | --data | --scoring | --learning | --service [--long]] [--markdown]`: how fast, and against what (docs/benchmarks.md). Started with
 * `--job`, `--host` or `--client` it is one measurement, or one side of it, in a process of its own.
 */
const jobAt = process.argv.indexOf('--job');
if (jobAt > 0) {
  const { runJob } = await import('./jobs.ts');
  process.stdout.write(JSON.stringify(await runJob(JSON.parse(process.argv[jobAt + 1]!))));
} else if (process.argv.includes('--host')) {
  const { runHost } = await import('./service-host.ts');
  await runHost(JSON.parse(process.argv.at(-1)!));
} else if (process.argv.includes('--client')) {
  const { serveClient } = await import('./service-client.ts');
  await serveClient();
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
              : has('--service')
                ? 'service'
                : null,
    isLong: has('--long'),
    asMarkdown: has('--markdown'),
  });
}

export {};
