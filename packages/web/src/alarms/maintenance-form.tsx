import { MS_PER_MIN } from '@emberwatch/engine/units';
import {
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { MAX_REASON_CHARS } from '../session/reason-form.tsx';
import { wordsOf } from '../session/request-error.ts';
import { useSession } from '../session/session.ts';
import type { MaintenanceScope } from '../wire.ts';
import { Duration, Problem } from './action-form.tsx';

const DURATIONS_MS = [30, 60, 120, 240, 480, 1440].map((minutes) => minutes * MS_PER_MIN);
/** A list of more suggestions than this slows the browser down. */
const MAX_SUGGESTED = 500;

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
type Fault = { readonly field: Field; readonly text: string };

interface Draft {
  readonly kind: MaintenanceScope['kind'];
  readonly place: string;
  readonly reason: string;
  readonly lastsMs: number;
}

/** Null where it can be sent. */
function slipOf({ kind, place, reason }: Draft, known: Places): Fault | null {
  const name = place.trim();
  if (kind !== 'site' && !known[kind].includes(name))
    return { field: 'place', text: name === '' ? `Which ${kind}?` : `The site has no ${kind} "${name}".` };
  return reason.trim() === '' ? { field: 'reason', text: 'This needs a reason.' } : null;
}

const bodyOf = ({ kind, place, reason, lastsMs }: Draft, nowMs: number) => ({
  scope: (kind === 'site' ? { kind } : { kind, id: place.trim() }) satisfies MaintenanceScope,
  untilMs: nowMs + lastsMs,
  reason: reason.trim(),
});

const leavesBy =
  (onCancel: () => void) =>
  (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    onCancel();
  };

export function MaintenanceForm({ places, nowMs, onStarted, onCancel }: MaintenanceFormProps): ReactNode {
  const session = useSession();
  const id = useId();
  const [known] = useState(places);
  const [draft, setDraft] = useState<Draft>({
    kind: 'rack',
    place: '',
    reason: '',
    lastsMs: DURATIONS_MS[2]!,
  });
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Fault | null>(null);
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const slip = slipOf(draft, known);
    setProblem(slip);
    if (slip !== null || isBusy) return;
    setIsBusy(true);
    try {
      await session.request('POST', '/maintenance', bodyOf(draft, nowMs));
      onStarted();
    } catch (error) {
      setProblem({ field: 'whole', text: wordsOf(error) });
      setIsBusy(false);
    }
  };
  const fault = (field: Field): ReactNode =>
    problem?.field === field && <Problem id={`${id}-${field}-problem`} text={problem.text} />;
  return (
    <form
      className="action-form"
      aria-label="Start maintenance"
      onSubmit={submit}
      noValidate
      onKeyDown={leavesBy(onCancel)}
    >
      <Scope draft={draft} known={known} isWrong={problem?.field === 'place'} onChange={set} />
      {fault('place')}
      <Duration
        durationsMs={DURATIONS_MS}
        value={draft.lastsMs}
        nowMs={nowMs}
        onChoose={(lastsMs) => set({ lastsMs })}
      />
      <label htmlFor={`${id}-reason`}>Reason</label>
      <input
        id={`${id}-reason`}
        value={draft.reason}
        maxLength={MAX_REASON_CHARS}
        aria-invalid={problem?.field === 'reason'}
        onChange={(event) => set({ reason: event.target.value })}
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

interface ScopeProps {
  readonly draft: Draft;
  readonly known: Places;
  readonly isWrong: boolean;
  readonly onChange: (part: Partial<Draft>) => void;
}

function Scope({ draft: { kind, place }, known, isWrong, onChange }: ScopeProps): ReactNode {
  const id = useId();
  const first = useRef<HTMLSelectElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <div className="duration">
      <label htmlFor={`${id}-kind`}>Of</label>
      <select
        ref={first}
        id={`${id}-kind`}
        value={kind}
        onChange={(event) => onChange({ kind: event.target.value as MaintenanceScope['kind'] })}
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
            aria-invalid={isWrong}
            onChange={(event) => onChange({ place: event.target.value })}
          />
          <datalist id={`${id}-places`}>
            {known[kind].slice(0, MAX_SUGGESTED).map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </div>
  );
}
