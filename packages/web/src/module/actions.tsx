/** Takes away what is shown. */
import { CHANNELS } from '@emberwatch/engine/telemetry';
import type { ReactNode } from 'react';
import type uPlot from 'uplot';
import { useTimes } from '../ui/times.ts';
import { tierText } from './bar.tsx';
import { pictureOf, saveFile } from './download.ts';
import type { Shown } from './history.ts';
import { csvOf } from './sheet.ts';
import type { Between } from './span.ts';

interface ActionsProps {
  readonly moduleId: string;
  readonly shown: Shown | null;
  readonly charts: ReadonlyMap<string, uPlot>;
}

export function Actions({ moduleId, shown, charts }: ActionsProps): ReactNode {
  const times = useTimes();
  const nameOf = ({ fromMs, toMs }: Between): string =>
    `${moduleId.replace(/[^\w.-]+/g, '_')}-${new Date(fromMs).toISOString()}-${new Date(toMs).toISOString()}`.replaceAll(
      ':',
      '',
    );
  const savePicture = async (): Promise<void> => {
    if (!shown) return;
    const { fromMs, toMs } = shown.bounds;
    const panels = CHANNELS.flatMap(({ id, label, unit }) => {
      const chart = charts.get(id);
      return chart ? [{ caption: `${label} (${unit})`, chart }] : [];
    });
    const note = `${times.instant(fromMs)} to ${times.instant(toMs)}; ${tierText(shown)}`;
    const picture = await pictureOf({ title: moduleId, note, panels });
    if (picture) saveFile(`${nameOf(shown.bounds)}.png`, picture);
  };
  return (
    <span className="module-actions">
      <button
        type="button"
        className="button"
        disabled={!shown}
        onClick={() =>
          shown &&
          saveFile(`${nameOf(shown.bounds)}.csv`, new Blob([csvOf(shown.histories)], { type: 'text/csv' }))
        }
      >
        Save as CSV
      </button>
      <button type="button" className="button" disabled={!shown} onClick={savePicture}>
        Save as PNG
      </button>
    </span>
  );
}
