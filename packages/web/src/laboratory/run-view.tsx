/** A run to look at: lines, cells, what the detector said, all at one instant. */
import type { ColumnName, ModuleEvents, Trajectory } from '@emberwatch/engine/physics';
import { degCOfKelvin } from '@emberwatch/engine/units';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { CellMap } from './cell-map.tsx';
import { CellRaster } from './cell-raster.tsx';
import { cellsOf } from './cells.ts';
import { eventsOf, type FinishedRun, firstToShow } from './experiment.ts';
import { LevelStrip } from './level-strip.tsx';
import { MarkRail } from './mark-rail.tsx';
import { marksOf } from './marks.ts';
import { ModulePicker } from './module-picker.tsx';
import { Headline, OutcomeTable, Remarks } from './outcome.tsx';
import { Playhead } from './playhead.ts';
import { type Line, RunChart } from './run-chart.tsx';
import { closeUp, type Span } from './span.ts';
import { Transport } from './transport.tsx';

const MIN_PPM = 0.1;

interface Panel {
  readonly title: string;
  readonly heightPx: number;
  readonly isLog?: boolean;
  readonly range?: readonly [number, number];
  readonly lines: readonly Line[];
}

const ppm = (value: number): number => Math.max(value, MIN_PPM);

/** Lines of a module: name, column of the truth, colour and dash, and how a value is written. */
const LINES = {
  temperature: [
    ['hottest cell', 'cellTemperatureMaxK', '--line-hot', [], degCOfKelvin],
    ['hottest surface', 'surfaceTemperatureMaxK', '--line-hot', [6, 3], degCOfKelvin],
    ['mean of the cells', 'cellTemperatureMeanK', '--line-mean', [], degCOfKelvin],
    ['air of the rack', 'airTemperatureK', '--line-air', [9, 3, 2, 3], degCOfKelvin],
  ],
  voltage: [['module', 'voltageV', '--line-mean', [], (value) => value]],
  gas: [
    ['CO', 'coPpm', '--line-hot', [], ppm],
    ['H₂', 'h2Ppm', '--line-mean', [6, 3], ppm],
    ['solvent', 'vocPpm', '--line-air', [2, 2], ppm],
  ],
} as const satisfies Record<
  string,
  readonly (readonly [string, ColumnName, string, readonly number[], (value: number) => number])[]
>;

function panelsOf(trajectory: Trajectory, module: string, watched: FinishedRun['watched']): Panel[] {
  const linesOf = (name: keyof typeof LINES): Line[] =>
    LINES[name].map(([label, column, colour, dash, convert]) => ({
      label,
      colour,
      values: Float64Array.from(trajectory.column(column, module), convert),
      ...(dash.length > 0 && { dash }),
    }));
  const hazard = watched?.hazard[module];
  const panels: Panel[] = [
    { title: 'Temperature, °C', heightPx: 158, lines: linesOf('temperature') },
    { title: 'Voltage, V', heightPx: 68, lines: linesOf('voltage') },
    { title: 'Gas in the air of the rack, ppm', heightPx: 84, isLog: true, lines: linesOf('gas') },
  ];
  if (!hazard) return panels;
  const values = heldAt(trajectory, hazard.timesS, hazard.probability);
  return [
    ...panels,
    {
      title: 'Probability of hazard, %',
      heightPx: 56,
      range: [0, 100],
      lines: [{ label: 'model', colour: '--line-mean', values }],
    },
  ];
}

/** A series with times of its own on the rows of the run: the last value holds. In percent. */
function heldAt(
  trajectory: Trajectory,
  timesS: readonly number[],
  values: readonly (number | null)[],
): (number | null)[] {
  let at = -1;
  return Array.from({ length: trajectory.rows }, (_, row) => {
    while (at + 1 < timesS.length && timesS[at + 1]! <= trajectory.timeS(row)) at++;
    const value = values[at] ?? null;
    return value === null ? null : 100 * value;
  });
}

/** The stretch of the run that is shown: all of it until a person chooses another. */
function useSpan(endS: number): [Span, boolean, (span: Span | null) => void] {
  const [picked, setPicked] = useState<{ endS: number; span: Span } | null>(null);
  // Of another run nothing has been picked yet.
  const held = picked?.endS === endS ? picked.span : null;
  const span = useMemo(() => held ?? { fromS: 0, toS: endS }, [held, endS]);
  const pick = useCallback((next: Span | null) => setPicked(next && { endS, span: next }), [endS]);
  return [span, held === null, pick];
}

export function RunView({ run }: { run: FinishedRun }): ReactNode {
  const { trajectory } = run;
  const [chosen, setChosen] = useState<string | null>(null);
  const events = useMemo(() => eventsOf(run), [run]);
  const event = events.find(({ module }) => module === (chosen ?? firstToShow(run))) ?? events[0]!;
  const playhead = useMemo(() => new Playhead(trajectory.timeS(trajectory.rows - 1)), [trajectory]);
  useEffect(() => playhead.pause, [playhead]);
  return (
    <div className="run-view">
      <div className="run-head">
        <Headline run={run} event={event} />
        <ModulePicker
          trajectory={trajectory}
          events={events}
          chosen={event.module}
          playhead={playhead}
          onChoose={setChosen}
        />
      </div>
      <div className="run-body">
        <RunCharts run={run} event={event} playhead={playhead} />
        <div className="run-side">
          <section>
            <h3>Cells</h3>
            <CellMap trajectory={trajectory} event={event} playhead={playhead} />
          </section>
          <section>
            <h3>Outcome</h3>
            <OutcomeTable run={run} event={event} />
          </section>
          <section>
            <h3>What the detector said</h3>
            <Remarks run={run} event={event} />
          </section>
        </div>
      </div>
    </div>
  );
}

interface RunChartsProps {
  readonly run: FinishedRun;
  readonly event: ModuleEvents;
  readonly playhead: Playhead;
}

function RunCharts({ run, event, playhead }: RunChartsProps): ReactNode {
  const { trajectory, watched, summary } = run;
  const { module } = event;
  const { endS } = playhead;
  const [span, isWhole, pick] = useSpan(endS);
  const timesS = useMemo(
    () => Float64Array.from({ length: trajectory.rows }, (_, row) => trajectory.timeS(row)),
    [trajectory],
  );
  const cells = useMemo(() => cellsOf(trajectory, module), [trajectory, module]);
  const panels = useMemo(() => panelsOf(trajectory, module, watched), [trajectory, module, watched]);
  const marks = useMemo(() => marksOf(event, watched), [event, watched]);
  const near = useMemo(() => {
    const hard = marks.filter(({ id }) => id !== 'onset');
    return closeUp(
      hard.map(({ timeS }) => timeS),
      endS,
    );
  }, [marks, endS]);
  const chart = (panel: Panel, hasTimeAxis: boolean): ReactNode => (
    <RunChart
      key={panel.title}
      {...panel}
      timesS={timesS}
      span={span}
      marks={marks}
      playhead={playhead}
      hasTimeAxis={hasTimeAxis}
      onSpan={pick}
    />
  );
  const [temperature, ...others] = panels;
  return (
    <div className="run-charts">
      <Transport playhead={playhead} span={span} closeUp={near} isWhole={isWhole} onSpan={pick} />
      <MarkRail marks={marks.filter(({ isSaid }) => !isSaid)} span={span} onGoTo={playhead.moveTo} />
      {watched && <LevelStrip watched={watched} module={module} endS={endS} span={span} />}
      {temperature && chart(temperature, true)}
      <CellRaster cells={cells} intervalS={summary.outputIntervalS} span={span} playhead={playhead} />
      {others.map((panel, k) => chart(panel, k === others.length - 1))}
    </div>
  );
}
