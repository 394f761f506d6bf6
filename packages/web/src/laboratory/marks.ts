/** Moments of a run that are marked in every picture: what happened, and what the detector said. */
import type { ModuleEvents } from '@emberwatch/engine/physics';
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
