/** A dataset on disk, run by run: its frames as a live site would deliver them, with the labels beside each. */
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
import { readManifest } from './store.ts';

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
    const refuse = (rejection: Rejection): void => {
      rejections++;
      onRejection(rejection);
    };
    await readParquet(path, mappingOf(run), { frame: give, rejection: refuse }, {}, () => {});
    return { frames, rejections };
  }

  /** Errors: `InputError` naming the first file that is not what the manifest says. */
  async verify(): Promise<void> {
    for (const { file, sha256 } of this.runs) {
      const found = await sha256Of(join(this.folder, file)).catch(() => null);
      if (found === sha256) continue;
      const what = found === null ? 'is missing' : 'has changed since the dataset was made';
      throw new InputError(`${join(this.folder, file)}: this file ${what}`);
    }
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
 * Opens the folder of a finished dataset. `verify` compares every file with the hash in the manifest. Errors:
 * `InputError` where there is none, or of another version.
 */
export async function openDataset(
  folder: string,
  options: { readonly verify?: boolean } = {},
): Promise<Dataset> {
  const dataset = new Dataset(folder, await readManifest(folder));
  if (options.verify) await dataset.verify();
  return dataset;
}
