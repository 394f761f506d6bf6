/** Moments of a run that are marked in every picture: what happened, and what the detector said. */
import type { ModuleEvents } from '@emberwatch/engine/physics';
import type { Span } from './span.ts';
import { firstAt, type Watched } from './watch.ts';

export interface Mark {
  readonly id: string;
  readonly name: string;
  readonly timeS: number;
  /** Custom property of the theme; the dash tells them apart without it. */
  readonly colour: string;
  readonly dash: readonly number[];
  /** Of the detector, not of the truth. */
  readonly isSaid: boolean;
}

const solid: readonly number[] = [];

/** In order of time. */
export function marksOf(event: ModuleEvents, watched: Watched | null): Mark[] {
  const happened = (
    id: string,
    name: string,
    timeS: number | null,
    colour: string,
    dash: readonly number[] = solid,
  ): Mark[] => (timeS === null ? [] : [{ id, name, timeS, colour, dash, isSaid: false }]);
  const said = (level: 'advisory' | 'warning' | 'critical', name: string, colour: string): Mark[] => {
    const timeS = watched && firstAt(watched, event.module, level);
    return timeS === null ? [] : [{ id: level, name, timeS, colour, dash: [2, 3], isSaid: true }];
  };
  const warning = said('warning', 'Detector: warning', '--warning');
  const critical = said('critical', 'Detector: critical', '--critical');
  return [
    ...happened('onset', 'Fault begins', event.faultOnsetS, '--muted'),
    ...happened('vent', 'Vent opens', event.ventS, '--event-vent', [6, 3]),
    ...happened('pnr', 'Point of no return', event.pnrThresholdS, '--event-pnr'),
    ...happened('last', 'Last moment for help', event.pnrInterventionS, '--event-last', [9, 3, 2, 3]),
    ...happened('runaway', 'Runaway', event.runawayS, '--critical'),
    // Where it goes from nothing to critical at once, the graver word says both.
    ...(warning[0]?.timeS === critical[0]?.timeS ? [] : warning),
    ...critical,
  ].sort((a, b) => a.timeS - b.timeS);
}

const PX_PER_LETTER = 6.1;
const PAD_PX = 14;

/** A mark with its name, on a picture of some width. */
interface Flag {
  readonly mark: Mark;
  readonly xPx: number;
  /** To the left of its line, where it would leave the picture on the right. */
  readonly isLeft: boolean;
  readonly row: number;
}

/** Rows are filled from above; a flag takes the first in which it covers none. */
export function flagsOf(marks: readonly Mark[], span: Span, widthPx: number): Flag[] {
  const taken: (readonly [number, number])[][] = [];
  return marks
    .filter(({ timeS }) => timeS >= span.fromS && timeS <= span.toS)
    .map((mark) => {
      const xPx = (widthPx * (mark.timeS - span.fromS)) / (span.toS - span.fromS);
      const lengthPx = (mark.name.length + 8) * PX_PER_LETTER + PAD_PX;
      const isLeft = xPx + lengthPx > widthPx;
      const [fromPx, toPx] = isLeft ? [xPx - lengthPx, xPx] : [xPx, xPx + lengthPx];
      let row = 0;
      while (taken[row]?.some(([from, to]) => fromPx < to && toPx > from)) row++;
      (taken[row] ??= []).push([fromPx, toPx]);
      return { mark, xPx, isLeft, row };
    });
}
