import { Detector, type LevelChange } from '@emberwatch/engine/detector';
import { CsvRecordingReader } from '@emberwatch/engine/telemetry';
import { expect, it } from 'vitest';
import { buildService } from '../src/compose.ts';
import { START_MS } from './stand-in.ts';

const MODULES = ['R_1', 'R_2', 'R_3', 'R_4'];
const HEADER = 'time,module_id,rack_id,surface_temperature_max_degc,voltage_v,current_a,co_ppm';

/** Two hours of four modules: one heats, one is absent for ten minutes, one smells gas. */
function rows(): string[] {
  const list: string[] = [];
  for (let t = 0; t < 7200; t += 10) {
    for (const [k, id] of MODULES.entries()) {
      if (k === 1 && t > 3000 && t < 3600) continue;
      const wave = Math.sin(t / 61 + k) + Math.sin(t / 17 + 2 * k);
      const heat = k === 2 ? Math.max(0, t - 3600) * 0.025 : 0;
      const coPpm = k === 3 && t > 5000 ? 70 + wave : 2 + Math.abs(wave);
      const metrics = [25 + 0.3 * wave + heat, 51 + 0.05 * wave, 2 * wave, coPpm].map((x) => x.toFixed(2));
      list.push([START_MS - 86_400_000 / 2 + t * 1000, id, 'R', ...metrics].join(','));
    }
  }
  return list;
}

const reported = ({ moduleId, timeMs, from, to }: LevelChange): string =>
  `${timeMs} ${moduleId} ${from} ${to}`;

it('tells the same of a recording whether it is read as a file or arrives in batches', async () => {
  const list = rows();
  const asFile: string[] = [];
  const detector = new Detector({ sink: { change: (change) => asFile.push(reported(change)) } });
  const reader = new CsvRecordingReader(null, {
    frame: (frame) => detector.observe(frame),
    rejection: (rejection) => expect.unreachable(JSON.stringify(rejection)),
  });
  reader.push(Buffer.from([HEADER, ...list].join('\n')));
  reader.end();

  const service = await buildService({
    now: () => START_MS,
    isPlayback: true,
    access: 'open',
    logLevel: 'silent',
  });
  for (let i = 0; i < list.length; i += 97) {
    const answer = await service.app.inject({
      method: 'POST',
      url: '/api/v1/frames',
      headers: { host: 'localhost', 'content-type': 'text/csv' },
      payload: [HEADER, ...list.slice(i, i + 97)].join('\n'),
    });
    expect(answer.statusCode).toBe(200);
  }
  const live = service.site.fleet.changes(500).map(reported);
  await service.close();
  expect(live.sort()).toEqual(asFile.sort());
  expect(live.some((change) => change.endsWith('warning'))).toBe(true);
  expect(live.some((change) => change.endsWith('unknown'))).toBe(true);
});
