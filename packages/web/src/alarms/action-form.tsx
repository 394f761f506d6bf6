/** What a person does to an alarm, with what has to be said for it. */
import { type ReactNode, type SyntheticEvent, useEffect, useId, useRef, useState } from 'react';
import { spanText } from '../frame/format.ts';
import { useTimes } from '../frame/times.ts';
import { wordsOf } from '../session/refusal.ts';
import { useSession } from '../session/session.ts';
import type { AlarmRecord } from '../wire.ts';
import { ACTION, type ActionKind, MAX_COMMENT_CHARS, MAX_REASON_CHARS } from './actions.ts';

interface ActionFormProps {
  readonly kind: ActionKind;
  readonly alarm: AlarmRecord;
  /** Clock of the service. */
  readonly nowMs: number;
  readonly isConnected: boolean;
  readonly onDone: (said: string, alarm: AlarmRecord | null) => void;
  readonly onCancel: () => void;
}

const LABEL = {
  reason: 'Reason',
  comment: 'Comment, if there is something to say',
  text: 'Comment',
} as const;

export function ActionForm(props: ActionFormProps): ReactNode {
  const { kind, alarm, nowMs, isConnected, onDone, onCancel } = props;
  const { label, done, asks, durationsMs, limit } = ACTION[kind];
  const session = useSession();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [words, setWords] = useState('');
  const [lastsMs, setLastsMs] = useState(durationsMs[kind === 'shelve' ? 2 : 0] ?? null);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy || !isConnected) return;
    const text = words.trim();
    if (text === '' && asks !== 'comment') {
      setProblem(asks === 'reason' ? 'This needs a reason.' : 'There is nothing to add yet.');
      field.current?.focus();
      return;
    }
    setIsBusy(true);
    setProblem(null);
    try {
      const body = {
        ...(text !== '' && { [asks]: text }),
        ...(lastsMs !== null && { untilMs: nowMs + lastsMs }),
      };
      onDone(done, await session.request<AlarmRecord>('POST', `/alarms/${alarm.id}/${kind}`, body));
    } catch (error) {
      setProblem(wordsOf(error));
      setIsBusy(false);
      field.current?.focus();
    }
  };
  return (
    <form
      className="action-form"
      aria-label={label}
      onSubmit={submit}
      noValidate
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.preventDefault();
          onCancel();
        }
        // One line is enough for most: the key that ends a line sends.
        if (event.key === 'Enter' && !event.shiftKey && event.target === field.current) void submit(event);
      }}
    >
      {lastsMs !== null && (
        <Duration durationsMs={durationsMs} value={lastsMs} nowMs={nowMs} onChoose={setLastsMs} />
      )}
      <label htmlFor={id}>{LABEL[asks]}</label>
      <textarea
        ref={field}
        id={id}
        rows={2}
        maxLength={asks === 'reason' ? MAX_REASON_CHARS : MAX_COMMENT_CHARS}
        value={words}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        onChange={(event) => setWords(event.target.value)}
      />
      {limit !== null && <p className="quiet">{limit}</p>}
      {problem !== null && (
        <p className="wrong" role="alert" id={`${id}-problem`}>
          {problem}
        </p>
      )}
      <div className="action-line">
        <button type="submit" className="button is-primary" disabled={isBusy || !isConnected}>
          {label}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <small className="quiet">
          {isConnected ? 'Enter sends, Escape cancels' : 'Waits for the connection'}
        </small>
      </div>
    </form>
  );
}

interface DurationProps {
  readonly durationsMs: readonly number[];
  readonly value: number;
  readonly nowMs: number;
  readonly onChoose: (lastsMs: number) => void;
}

export function Duration({ durationsMs, value, nowMs, onChoose }: DurationProps): ReactNode {
  const times = useTimes();
  const id = useId();
  return (
    <div className="duration">
      <label htmlFor={id}>For</label>
      <select id={id} value={value} onChange={(event) => onChoose(Number(event.target.value))}>
        {durationsMs.map((lastsMs) => (
          <option key={lastsMs} value={lastsMs}>
            {durationText(lastsMs)}
          </option>
        ))}
      </select>
      <span className="quiet">until {times.instant(nowMs + value)}</span>
    </div>
  );
}

/** `8 h`, not `8 h 0 min`. */
const durationText = (lastsMs: number): string => spanText(lastsMs).replace(/ 0 (min|h)$/, '');
