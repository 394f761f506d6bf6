/** Who delivers a module where more than one does, what each says, and the decision of a person between them. */
import { type ReactNode, useState } from 'react';
import { LEVEL_WORD, LevelMark } from '../live/level.tsx';
import { isAlarm } from '../live/severity.ts';
import type { SiteView } from '../live/store.ts';
import { ReasonForm } from '../session/reason-form.tsx';
import { mayDo } from '../session/role.ts';
import { useRole, useSession } from '../session/session.ts';
import { quantity, spanText } from '../ui/format.ts';
import type { ModuleState, SideStream } from '../wire.ts';

const SENDERS_TITLE = 'Two senders deliver this module';

interface SendersProps {
  readonly module: ModuleState;
  readonly view: SiteView;
}

/** What one gateway says of the module. */
interface Said {
  readonly gatewayId: string;
  readonly level: ModuleState['level'];
  readonly hottestDegC: number | null;
}

const KIND_TEXT: Readonly<Record<SideStream['kind'], string>> = {
  gateway: 'evaluated by itself',
  late: 'frames behind the newest or contradicting them',
  alternating: 'one of two series that alternate under this name',
};

/** The gravest that each gateway says. */
function saidOf(module: ModuleState): Said[] {
  const main: Said[] =
    module.gatewayId === null
      ? []
      : [
          {
            gatewayId: module.gatewayId,
            level: module.ownLevel,
            hottestDegC: module.values['hottest_degc'] ?? null,
          },
        ];
  // The gravest of the side streams come first.
  const said = [...module.sideStreams, ...main];
  const gatewayIds = [...new Set([...main, ...said].map(({ gatewayId }) => gatewayId))];
  return gatewayIds.map((gatewayId) => {
    const own = said.filter((one) => one.gatewayId === gatewayId);
    return own.find(({ level }) => isAlarm(level)) ?? own.at(-1)!;
  });
}

export function Senders({ module, view }: SendersProps): ReactNode {
  const role = useRole();
  const [isAsking, setIsAsking] = useState(false);
  const [done, setDone] = useState('');
  const { moduleId, sideStreams } = module;
  const hasAlarm = view.alarms
    .all()
    .some(
      ({ kind, source, members, state }) =>
        kind === 'duplicate-sender' &&
        state !== 'closed' &&
        (source === moduleId || members.includes(moduleId)),
    );
  const status = <p role="status">{done}</p>;
  if (sideStreams.length === 0 && !hasAlarm) return done === '' ? null : status;
  const isEngineer = mayDo(role, 'engineer');
  return (
    <section className="senders" aria-labelledby="senders-title">
      <h3 id="senders-title">{hasAlarm ? SENDERS_TITLE : 'Frames evaluated apart'}</h3>
      {hasAlarm && <p className="wrong">Until this is decided, the more severe values count.</p>}
      <Streams module={module} nowMs={view.health?.nowMs ?? null} />
      {isAsking ? (
        <DecideForm
          module={module}
          isConnected={view.connection === 'connected'}
          onDone={(gatewayId) => {
            setIsAsking(false);
            setDone(`Decided: ${gatewayId} delivers ${moduleId}. Frames from others are rejected.`);
          }}
          onCancel={() => setIsAsking(false)}
        />
      ) : isEngineer ? (
        <p>
          <button
            type="button"
            className="button"
            onClick={() => {
              setDone('');
              setIsAsking(true);
            }}
          >
            Decide which gateway delivers this module…
          </button>
        </p>
      ) : (
        <p className="quiet">An engineer decides which gateway delivers it.</p>
      )}
      {status}
    </section>
  );
}

function Streams({ module, nowMs }: { module: ModuleState; nowMs: number | null }): ReactNode {
  const { gatewayId, ownLevel, values, sideStreams, timeMs } = module;
  const ageText = (ms: number): string => (nowMs === null ? '' : `, ${spanText(nowMs - ms)} ago`);
  return (
    <ul className="plain streams">
      <li>
        <strong>{gatewayId ?? 'No gateway'}</strong> <span className="quiet">delivers it</span>
        <StreamSaid level={ownLevel} hottestDegC={values['hottest_degc'] ?? null} />
        <small className="quiet">
          {nowMs === null ? '' : `measured ${spanText(nowMs - timeMs)} ago by its stamp`}
        </small>
      </li>
      {sideStreams.map((stream) => (
        <li key={stream.number}>
          <strong>{stream.gatewayId}</strong> <span className="quiet">{KIND_TEXT[stream.kind]}</span>
          <StreamSaid level={stream.level} hottestDegC={stream.hottestDegC} />
          <small className="quiet">
            {stream.frames.toLocaleString('en')} frames, last arrived{ageText(stream.lastArrivalMs)}
          </small>
          {stream.reasons.map((text) => (
            <small key={text}>{text}</small>
          ))}
        </li>
      ))}
    </ul>
  );
}

const StreamSaid = ({ level, hottestDegC }: Omit<Said, 'gatewayId'>): ReactNode => (
  <span className={`stream-said level-${level}`}>
    <LevelMark level={level} /> {LEVEL_WORD[level]},{' '}
    {hottestDegC === null ? 'no temperature' : quantity(hottestDegC, 'degC')}
  </span>
);

interface DecideFormProps {
  readonly module: ModuleState;
  readonly isConnected: boolean;
  readonly onDone: (gatewayId: string) => void;
  readonly onCancel: () => void;
}

function DecideForm({ module, isConnected, onDone, onCancel }: DecideFormProps): ReactNode {
  const session = useSession();
  const [chosen, setChosen] = useState<string | null>(null);
  const { moduleId } = module;
  const said = saidOf(module);
  const others = said.filter(({ gatewayId }) => gatewayId !== chosen);
  const hot = others.filter(({ level }) => isAlarm(level));
  const send = async (reason: string): Promise<void> => {
    await session.request('POST', `/modules/${encodeURIComponent(moduleId)}/gateway`, {
      gatewayId: chosen,
      reason,
    });
    onDone(chosen!);
  };
  return (
    <ReasonForm
      label={chosen === null ? 'Decide' : `${chosen} delivers ${moduleId}`}
      reasonLabel="Reason: who looked at what, when"
      isConnected={isConnected}
      missing={chosen === null ? 'Choose the gateway that is connected to this module.' : null}
      send={send}
      onCancel={onCancel}
    >
      <fieldset className="gateway-choice">
        <legend>Which gateway is connected to {moduleId}?</legend>
        {said.map(({ gatewayId, level, hottestDegC }) => (
          <label key={gatewayId}>
            <input
              type="radio"
              name="gateway"
              checked={chosen === gatewayId}
              onChange={() => setChosen(gatewayId)}
            />{' '}
            {gatewayId} <StreamSaid level={level} hottestDegC={hottestDegC} />
          </label>
        ))}
      </fieldset>
      {said.length === 1 && (
        <p>
          All frames come under one name: this decision cannot tell two senders under it apart. Find the
          second sender, or the sensor that alternates.
        </p>
      )}
      {chosen !== null && hot.length > 0 && (
        <p className="wrong">
          {hot.map(({ gatewayId, level, hottestDegC }) => (
            <span key={gatewayId}>
              {gatewayId} says {LEVEL_WORD[level].toLowerCase()}, {quantity(hottestDegC, 'degC')}.{' '}
            </span>
          ))}
          If {moduleId} is what it measures, {moduleId} may be burning. Decide against it only after somebody
          has looked, from outside.
        </p>
      )}
      {chosen !== null && (
        <p>
          From then on frames of {moduleId} from any other gateway
          {others.length > 0 && ` (${others.map(({ gatewayId }) => gatewayId).join(', ')})`} are rejected and
          counted, and what they said no longer counts. A hazard alarm that they raised stays open: an
          emergency ends only when it is acknowledged and reset. You can decide again.
        </p>
      )}
    </ReasonForm>
  );
}
