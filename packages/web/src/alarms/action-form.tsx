/** What a person does to an alarm, with what has to be said for it. */
import { type ReactNode, type SyntheticEvent, useEffect, useId, useRef, useState } from 'react';
import { MAX_REASON_CHARS } from '../session/reason-form.tsx';
import { wordsOf } from '../session/request-error.ts';
import { useSession } from '../session/session.ts';
import { spanText } from '../ui/format.ts';
import { useTimes } from '../ui/times.ts';
import type { AlarmRecord } from '../wire.ts';
import { ACTION, type ActionKind, MAX_COMMENT_CHARS } from './actions.ts';

interface ActionFormProps {
  readonly kind: ActionKind;
  readonly alarm: AlarmRecord;
  /** Clock of the service. */
  readonly nowMs: number;
  readonly isConnected: boolean;
  readonly onDone: (said: string) => void;
  readonly onCancel: () => void;
}

const LABEL = {
  reason: 'Reason',
  comment: 'Comment, if there is something to say',
  text: 'Comment',
} as const;

interface Deed {
  readonly words: string;
  readonly setWords: (words: string) => void;
  readonly lastsMs: number | null;
  readonly setLastsMs: (lastsMs: number) => void;
  readonly isBusy: boolean;
  readonly problem: string | null;
  /** False where something is missing or was refused; `problem` says what. */
  readonly send: () => Promise<boolean>;
}

/** What is written and chosen for an action, and the asking for it. */
function useDeed({ kind, alarm, nowMs, isConnected, onDone }: ActionFormProps): Deed {
  const { done, asks, durationsMs } = ACTION[kind];
  const session = useSession();
  const [words, setWords] = useState('');
  const [lastsMs, setLastsMs] = useState(durationsMs[kind === 'shelve' ? 2 : 0] ?? null);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const send = async (): Promise<boolean> => {
    const text = words.trim();
    if (isBusy || !isConnected) return false;
    if (text === '' && asks !== 'comment') {
      setProblem(asks === 'reason' ? 'This needs a reason.' : 'There is nothing to add yet.');
      return false;
    }
    setIsBusy(true);
    setProblem(null);
    const body = {
      ...(text !== '' && { [asks]: text }),
      ...(lastsMs !== null && { untilMs: nowMs + lastsMs }),
    };
    try {
      await session.request('POST', `/alarms/${alarm.id}/${kind}`, body);
      onDone(done);
      return true;
    } catch (error) {
      setProblem(wordsOf(error));
      setIsBusy(false);
      return false;
    }
  };
  return { words, setWords, lastsMs, setLastsMs, isBusy, problem, send };
}

export function ActionForm(props: ActionFormProps): ReactNode {
  const { kind, nowMs, isConnected, onCancel } = props;
  const { label, asks, durationsMs, limit } = ACTION[kind];
  const { words, setWords, lastsMs, setLastsMs, isBusy, problem, send } = useDeed(props);
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    if (!(await send())) field.current?.focus();
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
      {problem !== null && <Problem id={`${id}-problem`} text={problem} />}
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

export const Problem = ({ id, text }: { id: string; text: string }): ReactNode => (
  <p className="wrong" role="alert" id={id}>
    {text}
  </p>
);

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
