/** Beside the trends of a module: what is held of it, and what happened to it in the span that is shown. */
import { SENSOR_FAULT_KINDS } from '@emberwatch/engine/detector';
import { MS_PER_MIN } from '@emberwatch/engine/units';
import type { ReactNode } from 'react';
import { LEVEL_WORD, LevelMark } from '../live/level.tsx';
import type { SiteView } from '../live/store.ts';
import { replayHref, replayOfAlarm } from '../ui/replay-link.ts';
import { hrefOf } from '../ui/route.ts';
import { useTimes } from '../ui/times.ts';
import type { AlarmRecord, ChangeEntry, ModuleState } from '../wire.ts';
import type { Happenings } from './events.ts';
import { Retire, Retired } from './retire.tsx';
import { Senders } from './senders.tsx';
import type { Between } from './span.ts';
import { Hazard, Verdict } from './verdict-card.tsx';

/** A change is looked at closer from so long before to so long after it. */
const CLOSER_MS = 15 * MS_PER_MIN;
const SHOWN = 40;

function Alarms({ alarms }: { alarms: readonly AlarmRecord[] }): ReactNode {
  if (alarms.length === 0) return null;
  return (
    <section>
      <h3>Open alarms</h3>
      <ul className="plain">
        {alarms.map((alarm) => {
          const replay = replayOfAlarm(alarm);
          return (
            <li key={alarm.id}>
              <a href={hrefOf(`alarms/${alarm.id}`)}>{alarm.id}</a> {alarm.text}{' '}
              {replay && <a href={replay}>replay</a>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Changes({
  changes,
  clockMs,
  isCut,
  onZoom,
}: {
  changes: readonly ChangeEntry[];
  clockMs: number | null;
  isCut: boolean;
  onZoom: (fromMs: number, toMs: number) => void;
}): ReactNode {
  const times = useTimes();
  return (
    <section className="changes-of">
      <h3>Changes in this time</h3>
      {changes.length === 0 && <p className="quiet">Its level did not change.</p>}
      <ol>
        {[...changes]
          .reverse()
          .slice(0, SHOWN)
          .map(({ seq, timeMs, from, to, reasons }) => (
            <li key={seq}>
              <button
                type="button"
                title="Look closer"
                onClick={() => onZoom(timeMs - CLOSER_MS, timeMs + CLOSER_MS)}
              >
                <span className="change-head">
                  <time dateTime={new Date(timeMs).toISOString()}>{times.short(timeMs, clockMs)}</time>
                  <span className={`change-levels level-${to}`}>
                    <span className="change-from">{LEVEL_WORD[from]} →</span>
                    <LevelMark level={to} />
                    {LEVEL_WORD[to]}
                  </span>
                </span>
                {reasons.map(({ rule, text }) => (
                  <span className="change-reason" key={rule}>
                    {text}
                  </span>
                ))}
              </button>
            </li>
          ))}
      </ol>
      {(isCut || changes.length > SHOWN) && <p className="quiet">Earlier ones: choose a shorter time.</p>}
    </section>
  );
}

interface SideProps {
  readonly moduleId: string;
  /** Undefined where it does not deliver since the service was started. */
  readonly module: ModuleState | undefined;
  readonly view: SiteView;
  readonly happenings: Happenings;
  readonly bounds: Between | null;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

export function Side({ moduleId, module, view, happenings, bounds, onZoom }: SideProps): ReactNode {
  const times = useTimes();
  const { clockMs } = view;
  const retired = view.retired.find((one) => one.moduleId === moduleId);
  const alarms = view.alarms
    .all()
    .filter(({ source, members }) => source === moduleId || members.includes(moduleId));
  const within = ({ fromMs, toMs }: { fromMs: number; toMs: number | null }): boolean =>
    bounds !== null && fromMs < bounds.toMs && (toMs ?? Number.POSITIVE_INFINITY) >= bounds.fromMs;
  const faults = happenings.faults.filter(within);
  const changes = happenings.changes.filter(({ timeMs }) => within({ fromMs: timeMs, toMs: timeMs }));
  return (
    <section className="panel module-side" aria-label={`What is held of ${moduleId}`}>
      {module ? (
        <>
          <h3>Now</h3>
          <Verdict module={module} clockMs={clockMs} />
          <Senders key={moduleId} module={module} view={view} />
          <Hazard module={module} />
          {module.missing.length > 0 && (
            <section>
              <h3>Could not be judged</h3>
              <ul className="plain">
                {module.missing.map((text) => (
                  <li key={text}>{text}</li>
                ))}
              </ul>
            </section>
          )}
        </>
      ) : retired ? (
        <Retired retired={retired} clockMs={clockMs} />
      ) : (
        <p className="quiet">It has sent nothing since the service was started.</p>
      )}
      <Retire key={moduleId} moduleId={moduleId} module={module} view={view} />
      <Alarms alarms={alarms} />
      <Changes changes={changes} clockMs={clockMs} isCut={happenings.isCut} onZoom={onZoom} />
      {faults.length > 0 && (
        <section>
          <h3>Sensor faults in this time</h3>
          <ul className="plain">
            {faults.slice(0, SHOWN).map(({ channel, kind, fromMs, toMs, text }) => (
              <li key={`${channel} ${kind} ${fromMs}`} title={SENSOR_FAULT_KINDS[kind]}>
                {text}{' '}
                <span className="quiet">
                  {times.short(fromMs, clockMs)}
                  {toMs === null ? ', lasting' : ` to ${times.short(toMs, clockMs)}`}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {bounds && (
        <p className="side-foot">
          <a href={replayHref(bounds.fromMs, bounds.toMs, [moduleId])}>Replay this time</a>
        </p>
      )}
    </section>
  );
}
