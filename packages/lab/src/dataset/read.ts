/** A dataset on disk, run by run: its frames as a live site would deliver them, with the labels beside each. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Frame,
  InputError,
  type Mapping,
  NATIVE_MAPPING,
  type Rejection,
} from '@emberwatch/engine/telemetry';
import { sha256Of } from '../recording/columns.ts';
import { readNumbers, readParquet } from '../recording/parquet.ts';
import type { Manifest, RunRecord } from './manifest.ts';
import { hashOfRuns, readManifest } from './store.ts';

/** What is known of a frame and never told to who judges. NaN where there is none. */
export interface Labels {
  hazard: number;
  hazardIntervention: number;
  timeToPnrS: number;
  timeToPnrInterventionS: number;
  faultActive: number;
}

/** Both are used again for the next row. */
export type LabelledSink = (frame: Frame, labels: Labels) => void;

export interface FrameCounts {
  readonly frames: number;
  /** Rows and values that the decoder refused, as it would refuse those of a live site. */
  readonly rejections: number;
}

const NUMERIC_LABELS = {
  hazard: 'hazard_label',
  hazardIntervention: 'hazard_label_intervention',
  timeToPnrS: 'time_to_pnr_s',
  timeToPnrInterventionS: 'time_to_pnr_intervention_s',
  faultActive: 'fault_active',
} as const satisfies Record<keyof Labels, string>;

export class Dataset {
  readonly folder: string;
  readonly manifest: Manifest;

  constructor(folder: string, manifest: Manifest) {
    this.folder = folder;
    this.manifest = manifest;
  }

  get runs(): readonly RunRecord[] {
    return this.manifest.runs;
  }

  /**
   * Gives the frames of a run in the order in which they arrived, decoded as live ones are: what the decoder refuses,
   * such as a clock that goes back, nobody sees. Errors: `InputError` where the file is missing or broken.
   */
  async eachFrame(
    run: RunRecord,
    sink: LabelledSink,
    onRejection: (rejection: Rejection) => void = () => {},
  ): Promise<FrameCounts> {
    const path = join(this.folder, run.file);
    const columns = await readNumbers(path, Object.values(NUMERIC_LABELS), run.rows);
    const [hazard, hazardIntervention, timeToPnrS, timeToPnrInterventionS, faultActive] = columns as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const labels: Labels = {
      hazard: 0,
      hazardIntervention: 0,
      timeToPnrS: 0,
      timeToPnrInterventionS: 0,
      faultActive: 0,
    };
    let [frames, rejections] = [0, 0];
    const give = (frame: Frame, line?: number): void => {
      // By the row in which it stood: a frame whose clock leaps is given when the next has confirmed it.
      const row = line! - 1;
      labels.hazard = hazard[row]!;
      labels.hazardIntervention = hazardIntervention[row]!;
      labels.timeToPnrS = timeToPnrS[row]!;
      labels.timeToPnrInterventionS = timeToPnrInterventionS[row]!;
      labels.faultActive = faultActive[row]!;
      frames++;
      sink(frame, labels);
    };
    const reject = (rejection: Rejection): void => {
      rejections++;
      onRejection(rejection);
    };
    await readParquet(path, mappingOf(run), { frame: give, rejection: reject }, {}, () => {});
    return { frames, rejections };
  }

  /** Errors: `InputError` naming the first file whose content is not what the manifest says, or the manifest. */
  async verify(): Promise<void> {
    if (hashOfRuns(this.runs) !== this.manifest.sha256)
      throw new InputError(`${this.folder}/manifest.json: its hash is not that of its files`);
    for (const { file, sha256 } of this.runs)
      if ((await sha256Of(join(this.folder, file))) !== sha256) throw changed(join(this.folder, file));
  }
}

const changed = (path: string): InputError =>
  new InputError(`${path}: this file has changed since the dataset was made`);

/** Errors: `InputError` naming the first file that is missing or has not its size, as after half a copy. */
export async function mustBeWhole(folder: string, runs: readonly RunRecord[]): Promise<void> {
  for (const { file, bytes } of runs) {
    const path = join(folder, file);
    const found = await stat(path).catch(() => null);
    if (!found) throw new InputError(`${path}: this file of the dataset is missing`);
    if (found.size !== bytes) throw changed(path);
  }
}

/** Only what the run delivers is read. */
function mappingOf({ channels, cellVoltages, probes }: RunRecord): Mapping {
  const { cell_voltages_v, cell_temperatures_degc, ...mapping } = NATIVE_MAPPING;
  const delivered = Object.entries(mapping.channels ?? {}).filter(([id]) => channels.includes(id));
  return {
    ...mapping,
    channels: Object.fromEntries(delivered),
    ...(cellVoltages > 0 && cell_voltages_v && { cell_voltages_v }),
    ...(probes > 0 && cell_temperatures_degc && { cell_temperatures_degc }),
  };
}

/**
 * Opens the folder of a finished dataset with all its files. `verify` compares each with the hash in the manifest.
 * Errors: `InputError` where there is none, of another version, or not whole.
 */
export async function openDataset(
  folder: string,
  options: { readonly verify?: boolean } = {},
): Promise<Dataset> {
  const dataset = new Dataset(folder, await readManifest(folder));
  await mustBeWhole(folder, dataset.runs);
  if (options.verify) await dataset.verify();
  return dataset;
}
