/** Something that a person asks of the service with a reason, and that says beforehand what it does. */
import { type ReactNode, type SyntheticEvent, useEffect, useId, useRef, useState } from 'react';
import { wordsOf } from './request-error.ts';

export const MAX_REASON_CHARS = 500;

interface ReasonFormProps {
  /** What it does, as a name and on the button. */
  readonly label: string;
  readonly reasonLabel: string;
  readonly isConnected: boolean;
  /** What is still missing beside the reason; null where nothing is. */
  readonly missing?: string | null;
  readonly send: (reason: string) => Promise<void>;
  readonly onCancel: () => void;
  /** What happens, and what there is to choose. */
  readonly children: ReactNode;
}

/** What is written, and the asking for it. */
function useAsking({ isConnected, missing = null, send }: ReasonFormProps) {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const ask = async (): Promise<void> => {
    if (isBusy || !isConnected) return;
    const text = reason.trim();
    if (missing !== null || text === '') {
      setProblem(missing ?? 'This needs a reason.');
      return;
    }
    setIsBusy(true);
    setProblem(null);
    try {
      await send(text);
    } catch (error) {
      setProblem(wordsOf(error));
      setIsBusy(false);
    }
  };
  return { reason, setReason, problem, isBusy, ask };
}

export function ReasonForm(props: ReasonFormProps): ReactNode {
  const { label, reasonLabel, isConnected, onCancel, children } = props;
  const { reason, setReason, problem, isBusy, ask } = useAsking(props);
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    await ask();
    field.current?.focus();
  };
  return (
    <form
      className="action-form"
      aria-label={label}
      onSubmit={submit}
      noValidate
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
      }}
    >
      {children}
      <label htmlFor={id}>{reasonLabel}</label>
      <textarea
        ref={field}
        id={id}
        rows={2}
        maxLength={MAX_REASON_CHARS}
        value={reason}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        onChange={(event) => setReason(event.target.value)}
      />
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
        {!isConnected && <small className="quiet">Waits for the connection</small>}
      </div>
    </form>
  );
}
