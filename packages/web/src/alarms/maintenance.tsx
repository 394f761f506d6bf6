/** Where people work: alarms below an emergency are kept, and told to nobody. */
import { type ReactNode, useState } from 'react';
import { wordsOf } from '../session/request-error.ts';
import { mayDo } from '../session/role.ts';
import { useRole, useSession } from '../session/session.ts';
import { spanText } from '../ui/format.ts';
import { useTimes } from '../ui/times.ts';
import type { Maintenance } from '../wire.ts';
import { MaintenanceForm, type Places } from './maintenance-form.tsx';
import type { Polled } from './polling.ts';
import { scopeText } from './words.ts';

interface MaintenancePanelProps {
  readonly polled: Polled<{ maintenances: Maintenance[] }>;
  readonly places: () => Places;
  readonly nowMs: number;
  readonly isConnected: boolean;
}

export function MaintenancePanel({
  polled: requested,
  places,
  nowMs,
  isConnected,
}: MaintenancePanelProps): ReactNode {
  const { body, problem, again } = requested;
  const role = useRole();
  const [isAdding, setIsAdding] = useState(false);
  const mayStart = mayDo(role, 'engineer');
  const list = body?.maintenances ?? [];
  return (
    <section className="panel alarm-maintenance" aria-labelledby="maintenance-title">
      <h2 id="maintenance-title">Maintenance</h2>
      {problem !== null && <p className="wrong">Not known now: {problem}</p>}
      {body !== null && list.length === 0 && !isAdding && (
        <p className="quiet">None runs: every alarm is told.</p>
      )}
      <ul>
        {list.map((one) => (
          <Running key={one.id} one={one} nowMs={nowMs} mayEnd={mayStart && isConnected} onEnded={again} />
        ))}
      </ul>
      {isAdding ? (
        <MaintenanceForm
          places={places}
          nowMs={nowMs}
          onCancel={() => setIsAdding(false)}
          onStarted={() => {
            setIsAdding(false);
            again();
          }}
        />
      ) : mayStart ? (
        <button type="button" className="button" disabled={!isConnected} onClick={() => setIsAdding(true)}>
          Start maintenance
        </button>
      ) : (
        <p className="note">An engineer starts and ends maintenance.</p>
      )}
    </section>
  );
}

interface RunningProps {
  readonly one: Maintenance;
  readonly nowMs: number;
  readonly mayEnd: boolean;
  readonly onEnded: () => void;
}

function Running({ one, nowMs, mayEnd, onEnded }: RunningProps): ReactNode {
  const { id, scope, untilMs, byName, reason } = one;
  const session = useSession();
  const times = useTimes();
  const [problem, setProblem] = useState<string | null>(null);
  const end = (): void => {
    setProblem(null);
    session
      .request('DELETE', `/maintenance/${id}`)
      .then(onEnded)
      .catch((error: unknown) => setProblem(wordsOf(error)));
  };
  return (
    <li>
      <span className="maintenance-head">
        <strong>{scopeText(scope)}</strong>
        <span className="quiet">
          until {times.short(untilMs, nowMs)}, {spanText(untilMs - nowMs)} left
        </span>
        {mayEnd && (
          <button
            type="button"
            className="button"
            aria-label={`End maintenance of ${scopeText(scope)}`}
            onClick={end}
          >
            End
          </button>
        )}
      </span>
      <span className="quiet">
        {byName}: {reason}
      </span>
      {problem !== null && (
        <p className="wrong" role="alert">
          {problem}
        </p>
      )}
    </li>
  );
}
