import { SENSOR_FAULT_KINDS, type SensorFault } from '@emberwatch/engine/detector';
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef } from 'react';
import type { SiteView } from '../live/store.ts';
import { moduleHref } from '../module/link.ts';
import { Hazard, Verdict } from '../module/verdict-card.tsx';
import { quantity } from '../ui/format.ts';
import { useTimes } from '../ui/times.ts';
import type { ModuleState, TrendBody } from '../wire.ts';
import { Chart } from './chart.tsx';
import { useTrend } from './trend.ts';

/** What is drawn together, by signal. */
const CHARTS: readonly { title: string; signals: readonly string[] }[] = [
  { title: 'Temperature', signals: ['hottest_degc', 'ambient_temperature_degc'] },
  { title: 'Voltage', signals: ['voltage_v'] },
  { title: 'Current', signals: ['current_a'] },
  { title: 'Cell voltage spread', signals: ['cell_spread_mv'] },
  { title: 'Gas', signals: ['co_ppm', 'h2_ppm', 'voc_ppm'] },
];

function Charts({ trend }: { trend: TrendBody }): ReactNode {
  const charts = useMemo(
    () =>
      CHARTS.map(({ title, signals }) => ({
        title,
        series: signals.flatMap((id) => trend.series.find((series) => series.id === id) ?? []),
      })).filter(({ series }) => series.length > 0),
    [trend],
  );
  if (charts.length === 0) return <p className="quiet">None of the signals that are drawn has arrived.</p>;
  return (
    <div className="charts">
      {charts.map(({ title, series }) => (
        <Chart key={title} title={title} trend={trend} series={series} />
      ))}
    </div>
  );
}

function Faults({ faults, clockMs }: { faults: readonly SensorFault[]; clockMs: number | null }): ReactNode {
  const times = useTimes();
  if (faults.length === 0) return null;
  return (
    <section>
      <h3>Sensor faults</h3>
      <ul className="plain">
        {faults.map((fault) => (
          <li key={`${fault.channel} ${fault.kind} ${fault.fromMs}`} title={SENSOR_FAULT_KINDS[fault.kind]}>
            {fault.text}{' '}
            <span className="quiet">
              {times.short(fault.fromMs, clockMs)}
              {fault.toMs === null ? ', lasting' : ` to ${times.short(fault.toMs, clockMs)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const FAULTS_SHOWN = 6;

interface DetailProps {
  readonly module: ModuleState;
  readonly view: SiteView;
  /** Chosen by a person: the keyboard goes with it. */
  readonly takesFocus: boolean;
  readonly onClose: () => void;
}

export default function Detail({ module, view, takesFocus, onClose }: DetailProps): ReactNode {
  const { moduleId, rackId, level, timeMs, missing, values } = module;
  const { trend, problem } = useTrend(moduleId, view.connection === 'connected');
  const times = useTimes();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (takesFocus) panel.current?.focus({ preventScroll: true });
  }, [takesFocus]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onClose();
  };
  const faults = view.sensorFaults.filter((fault) => fault.moduleId === moduleId).slice(0, FAULTS_SHOWN);
  // What is drawn has its value beside the line.
  const metrics = view.signals.filter(
    ({ id, hasTrend }) => !hasTrend && values[id] !== null && values[id] !== undefined,
  );
  return (
    <section
      className={`panel detail level-${level}`}
      aria-labelledby="detail-title"
      ref={panel}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <div className="detail-head">
        <div className="detail-title">
          <h2 id="detail-title">{moduleId}</h2>
          {rackId && <span className="quiet">{rackId}</span>}
          <a href={moduleHref(moduleId)}>All trends and history</a>
        </div>
        <button type="button" className="close" onClick={onClose} aria-label="Close the module">
          ✕
        </button>
      </div>
      <Verdict module={module} clockMs={view.clockMs} />
      <Hazard module={module} />
      {metrics.length > 0 && (
        <dl className="figures">
          {metrics.map(({ id, label, unit }) => (
            <div key={id}>
              <dt>{label.replace(/ \(.*/, '')}</dt>
              <dd>{quantity(values[id], unit)}</dd>
            </div>
          ))}
        </dl>
      )}
      {trend ? (
        <Charts trend={trend} />
      ) : (
        <p className="quiet">{problem ? `No trend: ${problem}` : 'Loading the trend…'}</p>
      )}
      <Faults faults={faults} clockMs={view.clockMs} />
      {missing.length > 0 && (
        <section>
          <h3>Could not be judged</h3>
          <ul className="plain">
            {missing.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      )}
      <p className="quiet">Last frame {times.instant(timeMs)}</p>
    </section>
  );
}
