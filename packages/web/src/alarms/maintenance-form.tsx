import { MS_PER_MIN } from '@emberwatch/engine/units';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { wordsOf } from '../session/refusal.ts';
import { useSession } from '../session/session.ts';
import type { MaintenanceScope } from '../wire.ts';
import { Duration } from './action-form.tsx';
import { MAX_REASON_CHARS } from './actions.ts';

const DURATIONS_MS = [30, 60, 120, 240, 480, 1440].map((minutes) => minutes * MS_PER_MIN);
/** A list of more suggestions than this slows the browser down. */
const MOST_SUGGESTED = 500;

/** Names that the site knows. */
export interface Places {
  readonly rack: readonly string[];
  readonly module: readonly string[];
}

interface MaintenanceFormProps {
  readonly places: () => Places;
  readonly nowMs: number;
  readonly onStarted: () => void;
  readonly onCancel: () => void;
}

type Field = 'place' | 'reason' | 'whole';

export function MaintenanceForm({ places, nowMs, onStarted, onCancel }: MaintenanceFormProps): ReactNode {
  const session = useSession();
  const id = useId();
  const first = useRef<HTMLSelectElement>(null);
  const [known] = useState(places);
  const [kind, setKind] = useState<MaintenanceScope['kind']>('rack');
  const [place, setPlace] = useState('');
  const [lastsMs, setLastsMs] = useState(DURATIONS_MS[2]!);
  const [reason, setReason] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<{ field: Field; text: string } | null>(null);
  useEffect(() => first.current?.focus(), []);
  const slip = (): typeof problem => {
    if (kind !== 'site' && !known[kind].includes(place.trim()))
      return {
        field: 'place',
        text: place.trim() === '' ? `Which ${kind}?` : `The site has no ${kind} "${place.trim()}".`,
      };
    return reason.trim() === '' ? { field: 'reason', text: 'This needs a reason.' } : null;
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const found = slip();
    setProblem(found);
    if (found !== null || isBusy) return;
    setIsBusy(true);
    const scope: MaintenanceScope = kind === 'site' ? { kind } : { kind, id: place.trim() };
    try {
      await session.request('POST', '/maintenance', {
        scope,
        untilMs: nowMs + lastsMs,
        reason: reason.trim(),
      });
      onStarted();
    } catch (error) {
      setProblem({ field: 'whole', text: wordsOf(error) });
      setIsBusy(false);
    }
  };
  const fault = (field: Field): ReactNode =>
    problem?.field === field && (
      <p className="wrong" role="alert" id={`${id}-${field}-problem`}>
        {problem.text}
      </p>
    );
  return (
    <form
      className="action-form"
      aria-label="Start maintenance"
      onSubmit={submit}
      noValidate
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onCancel();
      }}
    >
      <div className="duration">
        <label htmlFor={`${id}-kind`}>Of</label>
        <select
          ref={first}
          id={`${id}-kind`}
          value={kind}
          onChange={(event) => setKind(event.target.value as MaintenanceScope['kind'])}
        >
          <option value="module">a module</option>
          <option value="rack">a rack</option>
          <option value="site">the whole site</option>
        </select>
        {kind !== 'site' && (
          <>
            <input
              aria-label={`Name of the ${kind}`}
              list={`${id}-places`}
              value={place}
              maxLength={128}
              aria-invalid={problem?.field === 'place'}
              onChange={(event) => setPlace(event.target.value)}
            />
            <datalist id={`${id}-places`}>
              {known[kind].slice(0, MOST_SUGGESTED).map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
      </div>
      {fault('place')}
      <Duration durationsMs={DURATIONS_MS} value={lastsMs} nowMs={nowMs} onChoose={setLastsMs} />
      <label htmlFor={`${id}-reason`}>Reason</label>
      <input
        id={`${id}-reason`}
        value={reason}
        maxLength={MAX_REASON_CHARS}
        aria-invalid={problem?.field === 'reason'}
        onChange={(event) => setReason(event.target.value)}
      />
      {fault('reason')}
      <p className="quiet">
        At most a day; it ends by itself. Alarms are raised and kept; an emergency is told all the same.
      </p>
      {fault('whole')}
      <div className="action-line">
        <button type="submit" className="button is-primary" disabled={isBusy}>
          Start
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
