/** The recording of the demo in parts, so that a story can stop between them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { feedRecording, openRecording } from '@emberwatch/lab';
import { loadMapping } from '@emberwatch/lab/mapping';
import { ndjsonLine } from '../../packages/lab/src/recording/write.ts';

const RECORDINGS = fileURLToPath(new URL('../../examples/recordings/', import.meta.url));
/** A cell of this module develops a short, heats, vents and runs away. */
export const FAULTY = 'RackA2_Module01';

/** What the rules say of it, by the time of the recording. */
const PARTS = {
  advisory: '2026-01-15T08:45:30Z',
  warning: '2026-01-15T08:48:00Z',
  critical: '2026-01-15T08:57:00Z',
} as const;
type Part = keyof typeof PARTS;

export class Demo {
  private readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(): Promise<Demo> {
    const demo = new Demo(await mkdtemp(join(tmpdir(), 'emberwatch-demo-')));
    const lines: Record<Part, string[]> = { advisory: [], warning: [], critical: [] };
    const ends = (Object.keys(PARTS) as Part[]).map((part) => [part, Date.parse(PARTS[part])] as const);
    await openRecording(join(RECORDINGS, 'warehouse.parquet'), {
      mapping: await loadMapping(join(RECORDINGS, 'warehouse.yaml')),
      ordered: true,
      sink: {
        frame: (frame) => {
          const part = ends.find(([, endMs]) => frame.timeMs < endMs)?.[0];
          if (part) lines[part].push(ndjsonLine(frame));
        },
        rejection: () => {},
      },
    });
    for (const part of Object.keys(lines) as Part[]) await writeFile(demo.pathOf(part), lines[part].join(''));
    return demo;
  }

  /** As fast as the service takes it. */
  async play(part: Part, serviceUrl: string, token: string): Promise<void> {
    const { accepted, frames } = await feedRecording(this.pathOf(part), {
      to: serviceUrl,
      speed: Number.POSITIVE_INFINITY,
      token,
    });
    if (accepted !== frames) throw new Error(`of ${frames} frames the service took ${accepted}`);
  }

  close(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }

  private pathOf(part: Part): string {
    return join(this.directory, `${part}.ndjson`);
  }
}
