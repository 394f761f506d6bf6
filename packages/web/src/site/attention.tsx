import type { ReactNode } from 'react';
import { waitsForLook } from '../alarms/order.ts';
import { SUPPRESSION_WORD } from '../alarms/words.ts';
import { LEVEL_WORD, LevelName } from '../live/level.tsx';
import { distinctReasons } from '../live/reasons.ts';
import { byConcern } from '../live/severity.ts';
import type { SiteView } from '../live/store.ts';
import { countText, spanText } from '../ui/format.ts';
import type { AlarmRecord, ModuleState } from '../wire.ts';

const SHOWN = 30;
const REASONS_SHOWN = 3;

interface ConcernProps {
  readonly module: ModuleState;
  /** That was raised for it. */
  readonly alarm: AlarmRecord | undefined;
  readonly clockMs: number | null;
  readonly onSelect: OnSelect;
}

function Concern({ module, alarm, clockMs, onSelect }: ConcernProps): ReactNode {
  const { moduleId, level, sinceMs, reasons, lastKnownLevel } = module;
  const reported = distinctReasons(reasons);
  return (
    <li>
      <button type="button" onClick={() => onSelect(moduleId)}>
        <span className="concern-head">
          <LevelName level={level} />
          <strong>{moduleId}</strong>
          {clockMs !== null && <span className="quiet">for {spanText(clockMs - sinceMs)}</span>}
        </span>
        {alarm && <span className="concern-alarm">{seenText(alarm)}</span>}
        {level === 'unknown' && lastKnownLevel && (
          <span className="concern-reason">Last known: {LEVEL_WORD[lastKnownLevel]}.</span>
        )}
        {reported.slice(0, REASONS_SHOWN).map((reason) => (
          <span className="concern-reason" key={reason.rule}>
            {reason.text}
          </span>
        ))}
        {reported.length > REASONS_SHOWN && (
          <span className="concern-reason">
            and {countText(reported.length - REASONS_SHOWN, 'more reason')}
          </span>
        )}
      </button>
    </li>
  );
}

type OnSelect = (moduleId: string) => void;

function seenText(alarm: AlarmRecord): string {
  const { suppression, acknowledgedBy } = alarm;
  if (suppression) return `${SUPPRESSION_WORD[suppression.kind]} by ${suppression.byName}`;
  if (waitsForLook(alarm)) return 'Not acknowledged';
  return acknowledgedBy === null ? 'Acknowledged' : `Acknowledged by ${acknowledgedBy}`;
}

/** What a person should look at first. On a good day it is empty, and says so. */
export function Attention({ view, onSelect }: { view: SiteView; onSelect: OnSelect }): ReactNode {
  const { moduleIndex } = view;
  const concerned = [...moduleIndex.concerned.values()].sort(byConcern);
  const { unjudged: unevaluated } = moduleIndex;
  const hazards = new Map(
    view.alarms
      .all()
      .filter(({ kind }) => kind === 'hazard' || kind === 'gas')
      .sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'gas' ? -1 : 1))
      .flatMap((alarm) => (alarm.kind === 'gas' ? alarm.members : [alarm.source]).map((id) => [id, alarm])),
  );
  const [example] = unevaluated.values();
  const faults = view.sensorFaults.filter((fault) => fault.toMs === null);
  const isCalm = concerned.length === 0 && unevaluated.size === 0 && faults.length === 0;
  return (
    <section className="panel attention" aria-labelledby="attention-title">
      <h2 id="attention-title">Needs attention</h2>
      {isCalm && <p className="quiet">Nothing. Choose a module to see its trends.</p>}
      <ul>
        {concerned.slice(0, SHOWN).map((module) => (
          <Concern
            key={module.moduleId}
            module={module}
            alarm={hazards.get(module.moduleId)}
            clockMs={view.clockMs}
            onSelect={onSelect}
          />
        ))}
      </ul>
      {concerned.length > SHOWN && <p className="quiet">and {concerned.length - SHOWN} more on the map</p>}
      {unevaluated.size > 0 && (
        <p className="note">
          <LevelName level="unknown" /> {countText(unevaluated.size, 'module')} cannot be judged
          {example?.reasons[0] ? `, for example ${example.moduleId}: ${example.reasons[0].text}` : '.'}
        </p>
      )}
      {faults.length > 0 && (
        <>
          <h3>Sensor faults</h3>
          <ul className="faults">
            {faults.slice(0, SHOWN).map((fault) => (
              <li key={`${fault.moduleId} ${fault.channel} ${fault.kind}`}>
                <button type="button" onClick={() => onSelect(fault.moduleId)}>
                  <strong>{fault.moduleId}</strong> {fault.text}
                </button>
              </li>
            ))}
          </ul>
          {faults.length > SHOWN && <p className="quiet">and {faults.length - SHOWN} more</p>}
        </>
      )}
    </section>
  );
}
