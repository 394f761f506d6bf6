/** The runs of a dataset on disk as evaluation and training play them. */
import { openDataset } from '../dataset/read.ts';
import type { RunSource } from '../rows/source.ts';

/** Errors: `InputError` where the folder holds no finished dataset. */
export async function datasetSource(folder: string): Promise<RunSource> {
  const dataset = await openDataset(folder);
  return {
    runs: dataset.runs,
    sha256: dataset.manifest.sha256,
    play: async (run, sink) => {
      await dataset.eachFrame(run, (frame, { timeToPnrS }) => sink(frame, timeToPnrS));
    },
  };
}
