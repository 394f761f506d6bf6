/** What came of it, in a sentence and a table: the figures of the run, and how long before each the detector spoke. */
import type { ModuleEvents } from '@emberwatch/engine/physics';
import { degCOfKelvin } from '@emberwatch/engine/units';
import type { ReactNode } from 'react';
import { LevelMark } from '../live/level.tsx';
import { clockText, lengthText } from './durations.ts';
import type { FinishedRun } from './experiment.ts';
import { firstAt } from './watch.ts';

/** From nothing to runaway, in words. */
function sentenceOf(event: ModuleEvents): string {
  const { runawayS, pnrThresholdS, ventS, runaways, faultKinds, disturbanceKinds, peakK } = event;
  if (runawayS !== null)
    return `runs away at ${clockText(runawayS)}${runaways.length > 1 ? `, ${runaways.length} cells one after the other` : ''}`;
  if (pnrThresholdS !== null)
    return `passes its point of no return at ${clockText(pnrThresholdS)}, and survives`;
  if (ventS !== null) return `vents at ${clockText(ventS)}, and does not run away`;
  const hottest = `its hottest cell reaches ${degCOfKelvin(peakK).toFixed(0)} °C`;
  if (faultKinds.length > 0) return `has a fault that ends well: ${hottest}`;
  return `${disturbanceKinds.length > 0 ? 'is disturbed, and safe' : 'is calm'}: ${hottest}`;
}

interface OutcomeProps {
  readonly run: FinishedRun;
  readonly event: ModuleEvents;
}

export function Headline({ run, event }: OutcomeProps): ReactNode {
  const count = Object.keys(run.summary.events).length;
  const others = Object.values(run.summary.events).filter(({ runawayS }) => runawayS !== null).length;
  const isOther = event.runawayS === null ? others : others - 1;
  return (
    <p className="headline">
      <strong>{event.module}</strong> {sentenceOf(event)}.
      {isOther > 0 && ` ${isOther} more of ${count} modules ${isOther === 1 ? 'runs' : 'run'} away.`}
    </p>
  );
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly timeS: number | null;
  readonly missing: string;
}

/** Exact to the digit in `data-seconds`, as `--json` has it. */
export function OutcomeTable({ run, event }: OutcomeProps): ReactNode {
  const { watched, isSearched } = run;
  const warningS = watched && firstAt(watched, event.module, 'warning');
  const rows: Row[] = [
    { id: 'faultOnsetS', name: 'Fault begins', timeS: event.faultOnsetS, missing: 'none' },
    { id: 'ventS', name: 'Vent opens', timeS: event.ventS, missing: 'never' },
    { id: 'pnrThresholdS', name: 'Point of no return', timeS: event.pnrThresholdS, missing: 'not reached' },
    {
      id: 'pnrInterventionS',
      name: 'Last moment for help',
      timeS: event.pnrInterventionS,
      missing: event.runawayS === null ? 'not needed' : isSearched ? 'there was none' : 'searching…',
    },
    { id: 'runawayS', name: 'Runaway', timeS: event.runawayS, missing: 'never' },
  ];
  return (
    <table className="outcome">
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">Time</th>
          <th scope="col">Warned</th>
        </tr>
      </thead>
      <tbody>
        {inOrder(rows).map(({ id, name, timeS, missing }) => (
          <tr key={id}>
            <th scope="row">{name}</th>
            <td data-event={id} data-seconds={timeS ?? ''}>
              {timeS === null ? <span className="quiet">{missing}</span> : clockText(timeS)}
            </td>
            <td>{leadText(id, timeS, warningS)}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">Hottest cell</th>
          <td data-event="peakK" data-kelvin={event.peakK}>
            {degCOfKelvin(event.peakK).toFixed(1)} °C
          </td>
          <td className="quiet">at {clockText(event.peakS)}</td>
        </tr>
      </tbody>
    </table>
  );
}

/** What happened first; then what did not happen. */
const inOrder = (rows: readonly Row[]): Row[] =>
  rows.toSorted((a, b) => (a.timeS ?? Number.MAX_VALUE) - (b.timeS ?? Number.MAX_VALUE));

function leadText(id: string, timeS: number | null, warningS: number | null | undefined): string {
  if (timeS === null || id === 'faultOnsetS' || warningS === undefined) return '';
  if (warningS === null) return 'not at all';
  const leadS = timeS - warningS;
  return leadS >= 0 ? `${lengthText(leadS)} before` : `${lengthText(leadS)} late`;
}

/** What the detector said of the module, first things first. */
export function Remarks({ run, event }: OutcomeProps): ReactNode {
  const { watched } = run;
  if (!watched) return <p className="quiet">Sensors and detector are going through the run…</p>;
  const said = watched.changes.filter(({ module }) => module === event.module);
  if (said.length === 0) return <p className="quiet">The detector has nothing to say of it.</p>;
  return (
    <ol className="sayings">
      {said.slice(0, 40).map(({ timeS, to, reasons }) => (
        <li key={`${timeS} ${to}`}>
          <time>{clockText(timeS)}</time>
          <LevelMark level={to} />
          <span>
            <b>{to.charAt(0).toUpperCase() + to.slice(1)}</b> {reasons[0]}
          </span>
        </li>
      ))}
    </ol>
  );
}
