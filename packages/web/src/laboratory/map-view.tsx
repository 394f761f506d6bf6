/** Where it runs away: one run of the engine for each pair of two numbers, as they come out of the worker. */
import type { MapAxis } from '@emberwatch/engine/physics';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Legend } from './cell-map.tsx';
import { type Checked, type ScenarioDocument, withValues } from './document.ts';
import { clockText } from './durations.ts';
import { NumberField, numberText, SelectField } from './fields.tsx';
import { type Job, startJob } from './job.ts';
import { type AxisChoice, axisOf, axisText, type MapPath, mapPathsOf, wrongWith } from './map-paths.ts';
import type { MapPoint } from './task.ts';
import { colourOfDegC, inkOfDegC } from './temperature.ts';

const FIRST_STEPS = 12;

interface MapViewProps {
  readonly document: ScenarioDocument;
  readonly checked: Checked;
  readonly module: string;
  /** Puts the experiment of a field on the bench and runs it. */
  readonly onOpen: (document: ScenarioDocument) => void;
}

interface Drawn {
  readonly x: MapAxis;
  readonly y: MapAxis;
  readonly document: ScenarioDocument;
  readonly points: readonly (MapPoint | undefined)[];
}

const choiceOf = ({ path, from, to, isLog }: MapPath): AxisChoice => ({
  path,
  from,
  to,
  isLog,
  steps: FIRST_STEPS,
});

export function MapView({ document, checked, module, onOpen }: MapViewProps): ReactNode {
  const paths = useMemo(() => (checked.scenario ? mapPathsOf(checked.scenario) : []), [checked]);
  const [x, setX] = useState<AxisChoice | null>(null);
  const [y, setY] = useState<AxisChoice | null>(null);
  const map = useMap();
  const second = paths.find(({ path }) => path === 'module.startCharge') ?? paths[1];
  const [shownX, shownY] = [x ?? (paths[0] && choiceOf(paths[0])), y ?? (second && choiceOf(second))];
  if (!shownX || !shownY) return <p className="notice">The experiment must be one that can be run.</p>;
  const problem =
    wrongWith(shownX) ?? wrongWith(shownY) ?? (shownX.path === shownY.path ? 'Two different numbers.' : null);
  const start = (): void => map.start(document, module, axisOf(shownX), axisOf(shownY));
  return (
    <div className="map-view">
      <div className="map-form">
        <AxisForm title="Across" axis={shownX} paths={paths} onChange={setX} />
        <AxisForm title="Upwards" axis={shownY} paths={paths} onChange={setY} />
        <div className="map-go">
          {map.isBusy ? (
            <button type="button" className="button" onClick={map.cancel}>
              Stop
            </button>
          ) : (
            <button type="button" className="button is-primary" disabled={problem !== null} onClick={start}>
              Draw the map
            </button>
          )}
          <p className="quiet" role="status">
            {problem ?? map.status}
          </p>
          <p className="quiet">
            The same at a terminal:{' '}
            <code>
              npx emberwatch runaway-map SCENARIO.yaml --module {module} --x {axisText(shownX)} --y{' '}
              {axisText(shownY)}
            </code>
          </p>
        </div>
      </div>
      {map.drawn ? (
        <Picture drawn={map.drawn} paths={paths} module={module} onOpen={onOpen} />
      ) : (
        <p className="notice">
          Each field is a whole run of the rack of {module}. Where two numbers decide between runaway and
          nothing, the map shows the border.
        </p>
      )}
    </div>
  );
}

/** The map that is drawn last, and the job that draws it. */
function useMap() {
  const job = useRef<Job | null>(null);
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => () => job.current?.cancel(), []);
  const start = (document: ScenarioDocument, module: string, x: MapAxis, y: MapAxis): void => {
    job.current?.cancel();
    const count = x.values.length * y.values.length;
    setDrawn({ x, y, document, points: new Array<undefined>(count).fill(undefined) });
    setIsBusy(true);
    setFailure(null);
    job.current = startJob({ kind: 'map', document, module, x, y }, (report) => {
      if (report.kind === 'mapped')
        setDrawn(
          (before) => before && { ...before, points: before.points.with(report.point.at, report.point) },
        );
      if (report.kind === 'failed') setFailure(report.message);
      if (report.kind === 'done' || report.kind === 'failed') setIsBusy(false);
    });
  };
  const cancel = (): void => {
    job.current?.cancel();
    setIsBusy(false);
  };
  const known = drawn?.points.filter((point) => point !== undefined) ?? [];
  const ran = known.filter(({ runaway }) => runaway).length;
  const status = failure ?? (drawn ? `${known.length} of ${drawn.points.length} runs, ${ran} run away` : '');
  return { drawn, isBusy, status, start, cancel };
}

interface AxisFormProps {
  readonly title: string;
  readonly axis: AxisChoice;
  readonly paths: readonly MapPath[];
  readonly onChange: (axis: AxisChoice) => void;
}

function AxisForm({ title, axis, paths, onChange }: AxisFormProps): ReactNode {
  const set = (name: 'from' | 'to' | 'steps') => (value: number | undefined) =>
    onChange({ ...axis, [name]: value ?? 0 });
  return (
    <fieldset className="axis-form">
      <legend>{title}</legend>
      <SelectField
        label="Number"
        value={axis.path}
        options={paths.map(({ path, text }) => ({ value: path, text }))}
        onChange={(path) => {
          const chosen = paths.find((one) => one.path === path);
          if (chosen) onChange({ ...choiceOf(chosen), steps: axis.steps });
        }}
      />
      <NumberField label="From" value={axis.from} onChange={set('from')} />
      <NumberField label="To" value={axis.to} onChange={set('to')} />
      <NumberField label="Values" value={axis.steps} onChange={set('steps')} />
      <label className="check">
        <input
          type="checkbox"
          checked={axis.isLog}
          onChange={({ target }) => onChange({ ...axis, isLog: target.checked })}
        />
        logarithmic
      </label>
    </fieldset>
  );
}

interface PictureProps {
  readonly drawn: Drawn;
  readonly paths: readonly MapPath[];
  readonly module: string;
  readonly onOpen: (document: ScenarioDocument) => void;
}

function fieldText(point: MapPoint): { mark: string; figure: string; words: string } {
  const peak = `${point.peakDegC.toFixed(0)} °C`;
  const pnr = point.pnrS === null ? '' : `, point of no return at ${clockText(point.pnrS)}`;
  if (point.runaway)
    return {
      mark: '◆',
      figure: point.pnrS === null ? '' : clockText(point.pnrS).slice(0, -3),
      words: `runs away${pnr}, hottest ${peak}`,
    };
  const mark = point.vented ? '△' : '·';
  return {
    mark,
    figure: `${point.peakDegC.toFixed(0)}°`,
    words: `${point.vented ? 'vents only' : 'neither vents nor runs away'}, hottest ${peak}${pnr}`,
  };
}

/** A table, so that every field has its numbers for who does not see its colour. */
function Picture({ drawn, paths, module, onOpen }: PictureProps): ReactNode {
  const { x, y, points, document } = drawn;
  const textOf = (path: string): string => paths.find((one) => one.path === path)?.text ?? path;
  const pathInDocument = (path: string): string => (path.startsWith('ambientDegC') ? 'ambientDegC' : path);
  const rows = [...y.values.keys()].reverse();
  const isSmall = x.values.length > 16 || y.values.length > 18;
  return (
    <div className="picture">
      <p className="axis-name">↑ {textOf(y.path)}</p>
      <table className={isSmall ? 'is-small' : ''} aria-label={`Runs of ${module}`}>
        <tbody>
          {rows.map((j) => (
            <tr key={j}>
              <th scope="row">{numberText(Number(y.values[j]!.toPrecision(3)))}</th>
              {x.values.map((value, i) => {
                const point = points[j * x.values.length + i];
                if (!point) return <td key={value} className="is-open" />;
                const { mark, figure: metric, words } = fieldText(point);
                return (
                  <td key={value}>
                    <button
                      type="button"
                      style={{
                        background: colourOfDegC(point.peakDegC),
                        color: inkOfDegC(point.peakDegC),
                      }}
                      title={`${numberText(value)} and ${numberText(y.values[j]!)}: ${words}`}
                      aria-label={`${numberText(value)} and ${numberText(y.values[j]!)}: ${words}`}
                      onClick={() =>
                        onOpen(
                          withValues(document, [
                            [pathInDocument(x.path), value],
                            [pathInDocument(y.path), y.values[j]!],
                          ]),
                        )
                      }
                    >
                      <span className="field-mark">{mark}</span>
                      {!isSmall && <span>{metric}</span>}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
          <tr>
            <td />
            {x.values.map((value) => (
              <th key={value} scope="col">
                {numberText(Number(value.toPrecision(3)))}
              </th>
            ))}
          </tr>
        </tbody>
      </table>
      <p className="axis-name is-across">{textOf(x.path)} →</p>
      <div className="picture-key">
        <span>
          ◆ runs away, with the time of the point of no return · △ vents only · neither: · with the hottest
          temperature. A field opens its run.
        </span>
        <Legend />
      </div>
    </div>
  );
}
