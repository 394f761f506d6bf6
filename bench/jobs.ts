/** What one measuring process does. The clock runs from after the start of Node to the result. */
import { createReadStream } from 'node:fs';
import type { Mapping } from '@emberwatch/engine/telemetry';
import type { Job, JobResult, PreparedJob, Stats } from './job.ts';

const MS_PER_S = 1000;
const US_PER_S = 1e6;
const KB_PER_MB = 1024;

export async function runJob(job: Job): Promise<JobResult> {
  const work = isPrepared(job) ? await prepared(job) : () => run(job);
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const stats = await work();
  const wallS = (performance.now() - startMs) / MS_PER_S;
  const { user, system } = process.cpuUsage(cpuBefore);
  const peakMb = process.resourceUsage().maxRSS / KB_PER_MB;
  return { wallS, cpuS: (user + system) / US_PER_S, peakMb, results: stats };
}

const isPrepared = (job: Job): job is PreparedJob =>
  !['watch', 'parse', 'query', 'slopes'].includes(job.kind);

/** Making the frames or the scenario is not part of the measurement, nor is loading the code. */
async function prepared(job: PreparedJob): Promise<() => Stats | Promise<Stats>> {
  if (job.kind === 'seedLoop') {
    const { seedLoop } = await import('./seed-loop.ts');
    return () => seedLoop(job.stepS);
  }
  if (job.kind === 'threads') {
    const { runOnThreads } = await import('./threads.ts');
    return () => runOnThreads(job.threads, job.runs);
  }
  if (job.kind === 'sensors') {
    const { sensorWork } = await import('./sensors.ts');
    return sensorWork(job.preset, job.modules);
  }
  if (job.kind === 'data') {
    const { preparedData } = await import('./data.ts');
    return preparedData(job.work, job.count);
  }
  if (job.kind === 'scoring') {
    const { preparedScoring } = await import('./scoring.ts');
    return preparedScoring(job.work, job.count);
  }
  if (job.kind === 'learning') {
    const { preparedLearning } = await import('./learning.ts');
    return preparedLearning(job.work, job.rows);
  }
  if (job.kind === 'store') {
    const { preparedStore } = await import('./service-store.ts');
    return preparedStore(job.work, job.commits);
  }
  if (job.kind === 'dataset') {
    const { datasetRuns } = await import('./dataset.ts');
    return () => datasetRuns(job.work, job.plan);
  }
  if (job.kind === 'simulate' || job.kind === 'cell' || job.kind === 'exponentials') {
    const { cellRuns, exponentials, simulateSite, siteScenario } = await import('./simulator.ts');
    if (job.kind === 'exponentials') return () => exponentials(job.own);
    if (job.kind === 'cell') return () => cellRuns(job.ovenDegC, job.endS);
    const scenario = siteScenario(job.site, job.modules, 1);
    if (job.warm) simulateSite(scenario);
    return () => simulateSite(scenario);
  }
  const { syntheticFrames, evaluateLaps, yardstickLaps } = await import('./detector.ts');
  const frames = syntheticFrames(job.cells, job.probes);
  return () => (job.kind === 'judge' ? evaluateLaps(frames) : yardstickLaps(frames));
}

async function run(job: Exclude<Job, PreparedJob>): Promise<Stats> {
  if ('file' in job)
    return job.kind === 'watch' ? watch(job.file, job.mapping) : parse(job.file, job.mapping);
  const { rowsOf } = await import('./duckdb.ts');
  if (job.kind === 'query') return numbers((await rowsOf(job.sql, job.threads))[0]!);
  const { compareSlopes } = await import('./slopes.ts');
  return compareSlopes(await rowsOf(job.sql, 1));
}

const numbers = (row: Readonly<Record<string, unknown>>): Stats =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]));

/** The schema library costs time to load, so it is loaded by those who name a mapping only. */
async function mappingOf(path: string | null): Promise<Mapping | null> {
  if (path === null) return null;
  const { loadMapping } = await import('@emberwatch/lab/mapping');
  return loadMapping(path);
}

async function watch(file: string, mappingPath: string | null): Promise<Stats> {
  const { watchRecording } = await import('@emberwatch/lab');
  const mapping = await mappingOf(mappingPath);
  const { frames, episodeCounts, modules } = await watchRecording(file, { mapping });
  const lowestCell = modules[0]?.mostDeviatingCell?.cell ?? 0;
  return { frames, ...episodeCounts, lowestCell };
}

/** Text to frames and nothing else: every measured number is added up. */
async function parse(file: string, mappingPath: string | null): Promise<Stats> {
  const { CsvRecordingReader } = await import('@emberwatch/engine/telemetry');
  let [frames, sum] = [0, 0];
  const add = (values: Float64Array | null): void => {
    if (values) for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) sum += values[i]!;
  };
  const reader = new CsvRecordingReader(await mappingOf(mappingPath), {
    frame: (frame) => {
      frames++;
      add(frame.values);
      add(frame.cellVoltagesV);
      add(frame.cellTemperaturesDegC);
    },
    rejection: () => {},
  });
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 }))
    reader.push(chunk as Buffer);
  reader.end();
  return { frames, sum };
}
