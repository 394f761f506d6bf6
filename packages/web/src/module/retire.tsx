/** Taking a module out of the watch: one that burnt, was taken away, or whose name was a mistake. */
import { type ReactNode, type SyntheticEvent, useEffect, useId, useRef, useState } from 'react';
import { LEVEL_WORD } from '../live/level.tsx';
import { isAlarm } from '../live/severity.ts';
import type { SiteView } from '../live/store.ts';
import { MAX_REASON_CHARS } from '../session/reason-form.tsx';
import { wordsOf } from '../session/request-error.ts';
import { mayDo } from '../session/role.ts';
import { useRole, useSession } from '../session/session.ts';
import { quantity } from '../ui/format.ts';
import { useTimes } from '../ui/times.ts';
import type { AlarmRecord, ModuleState, RetiredModule } from '../wire.ts';

export function Retired({
  retired: { retiredMs, byName, reason, lastFrameMs, lastLevel, lastHottestDegC },
  clockMs,
}: {
  retired: RetiredModule;
  clockMs: number | null;
}): ReactNode {
  const times = useTimes();
  return (
    <section>
      <h3>Retired: not watched</h3>
      <p>
        {byName} retired it {times.short(retiredMs, clockMs)}: {reason}
      </p>
      <p>
        Last known: {lastLevel === null ? 'no level' : LEVEL_WORD[lastLevel]}
        {lastHottestDegC !== null && `, ${quantity(lastHottestDegC, 'degC')}`}
        {lastFrameMs !== null && `, ${times.instant(lastFrameMs)}`}. Should it deliver again, it is a new
        module.
      </p>
    </section>
  );
}

/** Whether it may be retired now: in alarm only once nothing comes of it. */
export function retirementOf(
  module: Pick<ModuleState, 'level' | 'isSilent'> | undefined,
  hazard: AlarmRecord | undefined,
): 'not-known' | 'delivers-in-alarm' | 'silent-in-alarm' | 'calm' {
  const isHeld = hazard?.state === 'unacknowledged' || hazard?.state === 'acknowledged';
  if (!module) return isHeld ? 'silent-in-alarm' : 'not-known';
  if (!isHeld && !isAlarm(module.level)) return 'calm';
  return module.isSilent ? 'silent-in-alarm' : 'delivers-in-alarm';
}

interface RetireProps {
  readonly moduleId: string;
  readonly module: ModuleState | undefined;
  readonly view: SiteView;
}

export function Retire({ moduleId, module, view }: RetireProps): ReactNode {
  const role = useRole();
  const [isAsking, setIsAsking] = useState(false);
  const [wasDone, setWasDone] = useState(false);
  const hazard = view.alarms
    .all()
    .find(
      ({ kind, source, members }) =>
        (kind === 'hazard' && source === moduleId) || (kind === 'gas' && members.includes(moduleId)),
    );
  const how = retirementOf(module, hazard);
  if (how === 'not-known' || !mayDo(role, 'engineer')) return wasDone ? <p role="status">Retired.</p> : null;
  if (how === 'delivers-in-alarm')
    return <p className="quiet">It is in alarm and delivers: it can be retired once it is silent.</p>;
  if (!isAsking)
    return (
      <p>
        <button type="button" className="button" onClick={() => setIsAsking(true)}>
          Retire this module…
        </button>
      </p>
    );
  return (
    <RetireForm
      moduleId={moduleId}
      isInAlarm={how === 'silent-in-alarm'}
      isConnected={view.connection === 'connected'}
      onDone={() => {
        setIsAsking(false);
        setWasDone(true);
      }}
      onCancel={() => setIsAsking(false)}
    />
  );
}

interface FormProps {
  readonly moduleId: string;
  readonly isInAlarm: boolean;
  readonly isConnected: boolean;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

/** What is written, and the asking for it. */
function useRetiring({ moduleId, isConnected, onDone }: FormProps) {
  const session = useSession();
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const send = async (): Promise<void> => {
    if (isBusy || !isConnected) return;
    if (reason.trim() === '') {
      setProblem('This needs a reason.');
      return;
    }
    setIsBusy(true);
    setProblem(null);
    try {
      await session.request('POST', `/modules/${encodeURIComponent(moduleId)}/retire`, {
        reason: reason.trim(),
      });
      onDone();
    } catch (error) {
      setProblem(wordsOf(error));
      setIsBusy(false);
    }
  };
  return { reason, setReason, problem, isBusy, send };
}

function RetireForm(props: FormProps): ReactNode {
  const { moduleId, isInAlarm, isConnected, onCancel } = props;
  const { reason, setReason, problem, isBusy, send } = useRetiring(props);
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    await send();
    field.current?.focus();
  };
  return (
    <form
      className="action-form"
      aria-label={`Retire ${moduleId}`}
      onSubmit={submit}
      noValidate
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
      }}
    >
      {isInAlarm && (
        <p className="wrong">
          {moduleId} is in alarm and silent. Silence is no all-clear: its gateway or its cables may have
          failed in the fire, and it may be burning. Retire it only if it was seen, from outside, to be burnt
          out or taken away.
        </p>
      )}
      <p>
        It is not watched from then on, and its place is shown as retired. What was measured stays.{' '}
        {isInAlarm && 'Its emergency stays open until it is acknowledged and reset with a reason. '}
        Should it deliver again, it is a new module.
      </p>
      <label htmlFor={id}>Reason: who saw what, when</label>
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
          Retire {moduleId}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
