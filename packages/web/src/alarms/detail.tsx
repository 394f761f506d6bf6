/** One alarm: what it says, why, since when, what people have done, and what may be done now. */
import { type ReactNode, useEffect, useState } from 'react';
import { LEVEL_WORD } from '../live/level.tsx';
import { distinctReasons } from '../live/reasons.ts';
import { moduleHref } from '../module/link.ts';
import { useRole } from '../session/session.ts';
import { spanText } from '../ui/format.ts';
import { replayOfAlarm } from '../ui/replay-link.ts';
import { hrefOf } from '../ui/route.ts';
import { useTimes } from '../ui/times.ts';
import type { AlarmRecord } from '../wire.ts';
import { ActionForm } from './action-form.tsx';
import { ACTION, type ActionKind, missingOf, offersOf } from './actions.ts';
import { PriorityMark, StateMark } from './mark.tsx';
import { KIND_WORD, PRIORITY_WORD, STATE_WORD, SUPPRESSION_WORD, sourceText, textOf } from './words.ts';

const MEMBERS_SHOWN = 12;

interface DetailProps {
  readonly alarm: AlarmRecord;
  /** Clock of the service. */
  readonly nowMs: number;
  readonly isConnected: boolean;
  /** The form that is open. */
  readonly form: ActionKind | null;
  readonly onForm: (kind: ActionKind | null) => void;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function AlarmDetail(props: DetailProps): ReactNode {
  const { alarm, nowMs, onClose } = props;
  const { id, priority, source, state, kind, suppression, reasons, agreement, comments } = alarm;
  const reported = distinctReasons(reasons);
  const isOfModule =
    kind === 'hazard' ||
    kind === 'silence' ||
    kind === 'unjudged' ||
    kind === 'sensor-fault' ||
    kind === 'lost-channel' ||
    (kind === 'duplicate-sender' && alarm.members.length === 0);
  return (
    <section className="panel alarm-detail" id="alarm" aria-labelledby="alarm-title" tabIndex={-1}>
      <div
        className={`alarm-head priority-${priority} ${state === 'unacknowledged' && !suppression ? 'is-waiting' : ''}`}
      >
        <PriorityMark priority={priority} />
        <strong>{PRIORITY_WORD[priority]}</strong>
        <span className="alarm-state">
          <StateMark state={state} />
          {STATE_WORD[state]}
        </span>
        <button type="button" className="close" onClick={onClose} title="Escape">
          Close
        </button>
      </div>
      <h2 id="alarm-title">
        {isOfModule ? <a href={hrefOf('site', { module: source })}>{source}</a> : sourceText(source)}
        <small>
          {KIND_WORD[kind]} · {id}
        </small>
      </h2>
      <p className="alarm-saying">{textOf(alarm)}</p>
      {isOfModule && kind === 'duplicate-sender' && (
        <p className="alarm-links">
          <a href={moduleHref(source)}>What each of them delivers, and the decision between them</a>
        </p>
      )}
      {suppression && state !== 'closed' && <Suppressed alarm={alarm} nowMs={nowMs} />}
      <Actions {...props} />
      {comments.length > 0 && <Comments alarm={alarm} />}
      <Facts alarm={alarm} nowMs={nowMs} />
      {(reported.length > 1 || agreement) && (
        <>
          <h3>Why</h3>
          <ul className="reasons plain">
            {reported.map((reason) => (
              <li key={reason.rule}>{reason.text}</li>
            ))}
          </ul>
          {agreement && !reported.some(({ text }) => text === agreement.text) && (
            <p className="alarm-agreement">{agreement.text}</p>
          )}
        </>
      )}
      {alarm.members.length > 0 && <Members members={alarm.members} />}
      <Evidence alarm={alarm} />
    </section>
  );
}

/** Opens in another window, so that the alarms stay in view. */
const Evidence = ({ alarm }: { alarm: AlarmRecord }): ReactNode => {
  const { id } = alarm;
  const path = `/api/v1/alarms/${id}/evidence`;
  const replay = replayOfAlarm(alarm);
  return (
    <p className="alarm-links">
      {replay && <a href={replay}>Replay</a>}
      <a id="evidence" href={`${path}.html`} target="_blank" rel="noopener">
        Evidence page
      </a>
      <a href={path} download={`${id}.json`}>
        Download evidence
      </a>
      <a href="/api/v1/responder.html" target="_blank" rel="noopener">
        Sheet for the fire service
      </a>
    </p>
  );
};

function Suppressed({ alarm, nowMs }: { alarm: AlarmRecord; nowMs: number }): ReactNode {
  const times = useTimes();
  if (!alarm.suppression) return null;
  const { kind, byName, untilMs, reason } = alarm.suppression;
  return (
    <p className="alarm-hidden">
      <strong>{SUPPRESSION_WORD[kind]}</strong> by {byName} until {times.instant(untilMs)}
      {untilMs > nowMs && `, for another ${spanText(untilMs - nowMs)}`}: {reason}
    </p>
  );
}

function Actions({ alarm, nowMs, isConnected, form, onForm, onDone }: DetailProps): ReactNode {
  const role = useRole();
  const [said, setSaid] = useState('');
  const offers = offersOf(alarm, role, nowMs);
  const missing = missingOf(alarm, role, nowMs);
  useEffect(() => {
    if (form !== null) setSaid('');
  }, [form]);
  if (!isConnected && form === null)
    return <p className="note">Without a connection nothing can be done: what you see may be over.</p>;
  return (
    <div className="alarm-actions">
      {/* What is being written stays, whatever happens to the alarm meanwhile. */}
      {form === null ? (
        offers.length > 0 && (
          <div className="action-line">
            {offers.map((kind, at) => (
              <button
                key={kind}
                type="button"
                className={`button ${at === 0 && kind !== 'comment' ? 'is-primary' : ''}`}
                title={`Key ${ACTION[kind].key}`}
                onClick={() => onForm(kind)}
              >
                {ACTION[kind].label}
              </button>
            ))}
          </div>
        )
      ) : (
        <ActionForm
          key={`${alarm.id} ${form}`}
          kind={form}
          isConnected={isConnected}
          alarm={alarm}
          nowMs={nowMs}
          onCancel={() => onForm(null)}
          onDone={(words) => {
            setSaid(words);
            onDone();
          }}
        />
      )}
      <p role="status" className="alarm-said">
        {said}
      </p>
      {missing !== null && <p className="note">{missing}</p>}
    </div>
  );
}

function Facts({ alarm, nowMs }: { alarm: AlarmRecord; nowMs: number }): ReactNode {
  const times = useTimes();
  const { raisedMs, escalatedMs, returnedMs, acknowledgedMs, acknowledgedBy, closedMs, level } = alarm;
  const at = (timeMs: number): string => times.short(timeMs, nowMs);
  const rows: [string, string | null][] = [
    ['Raised', `${at(raisedMs)}, ${spanText(nowMs - raisedMs)} ago`],
    ['Asked again', escalatedMs === raisedMs ? null : at(escalatedMs)],
    ['Acknowledged', acknowledgedMs === null ? null : `${at(acknowledgedMs)} by ${acknowledgedBy ?? '–'}`],
    ['Over since', returnedMs === null ? null : at(returnedMs)],
    ['Closed', closedMs === null ? null : at(closedMs)],
    ['Level', level === null ? null : levelText(alarm)],
    [
      'Gravest priority',
      alarm.highestPriority === alarm.priority ? null : PRIORITY_WORD[alarm.highestPriority],
    ],
    ['Came back', alarm.returns === 0 ? null : `${alarm.returns} ×`],
    ['Probability', probabilityText(alarm)],
    ['Rack', alarm.rackId],
    ['Gateway', alarm.gatewayId],
    [
      'Time of the data',
      alarm.kind === 'hazard' || alarm.kind === 'gas' ? times.instant(alarm.dataChangedMs) : null,
    ],
  ];
  return (
    <dl className="alarm-facts">
      {rows
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

const levelText = ({ level, highestLevel }: AlarmRecord): string =>
  highestLevel === level || highestLevel === null
    ? LEVEL_WORD[level!]
    : `${LEVEL_WORD[level!]}, was ${LEVEL_WORD[highestLevel]}`;

const probabilityText = ({ hazardProbability }: AlarmRecord): string | null =>
  hazardProbability === null ? null : `${(hazardProbability * 100).toFixed(1)} % by the model`;

function Members({ members }: { members: readonly string[] }): ReactNode {
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? members : members.slice(0, MEMBERS_SHOWN);
  return (
    <>
      <h3>Stands for {members.length.toLocaleString('en')} modules</h3>
      <ul className="alarm-members">
        {shown.map((moduleId) => (
          <li key={moduleId}>
            <a href={hrefOf('site', { module: moduleId })}>{moduleId}</a>
          </li>
        ))}
      </ul>
      {members.length > MEMBERS_SHOWN && (
        <button type="button" className="link" onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? 'Show fewer' : `Show all ${members.length.toLocaleString('en')}`}
        </button>
      )}
    </>
  );
}

function Comments({ alarm: { comments } }: { alarm: AlarmRecord }): ReactNode {
  const times = useTimes();
  return (
    <>
      <h3>Comments</h3>
      <ol className="alarm-comments">
        {comments.map(({ atMs, byName, text }) => (
          <li key={`${atMs} ${text}`}>
            <span className="quiet">
              <strong>{byName}</strong> {times.instant(atMs)}
            </span>
            <p>{text}</p>
          </li>
        ))}
      </ol>
    </>
  );
}
