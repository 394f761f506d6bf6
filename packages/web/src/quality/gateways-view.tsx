/** Who delivers: how much, how late, what its devices say of themselves, and how its clock stands. */
import { Fragment, type ReactNode, useMemo } from 'react';
import { documentHref } from '../documents/pages.ts';
import type { SiteView } from '../live/store.ts';
import { countText, rateText, spanText } from '../ui/format.ts';
import { Scrolled } from '../ui/scrolled.tsx';
import { useTimes } from '../ui/times.ts';
import type { AlarmRecord, Gateway, RejectionRecord } from '../wire.ts';
import { adviceOnGateway, isOfClock } from './advice.ts';
import { clocksOf, type GatewayClock } from './clocks.ts';
import { Places } from './gateway-places.tsx';

interface GatewaysViewProps {
  readonly view: SiteView;
  readonly beat: number;
  readonly gateways: readonly Gateway[];
  readonly refusals: readonly RejectionRecord[];
  readonly nowMs: number;
  /** Gateways whose tokens may deliver any module. */
  readonly ofAnyModule: readonly string[];
  /** Something was done: ask anew. */
  readonly onDone: () => void;
}

export function GatewaysView({
  view,
  beat,
  gateways,
  refusals: rejections,
  nowMs,
  ofAnyModule,
  onDone,
}: GatewaysViewProps): ReactNode {
  const { moduleIndex } = view;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the roster is renewed in place
  const clocks = useMemo(() => clocksOf(moduleIndex.all()), [beat]);
  return (
    <>
      <ClockPanel view={view} refusals={rejections} />
      <section className="panel" aria-labelledby="gateways-title">
        <h2 id="gateways-title">Gateways</h2>
        {ofAnyModule.length > 0 && (
          <p className="advice">
            Tokens that may deliver any module: {ofAnyModule.join(', ')}. Make tokens with a list of modules
            for them.
          </p>
        )}
        {gateways.length === 0 ? (
          <p className="quiet">
            None has delivered yet.{' '}
            <a className="doc-link" href={documentHref('integration', '5-the-gateway')}>
              How one delivers
            </a>
          </p>
        ) : (
          <GatewayTable gateways={gateways} clocks={clocks} view={view} nowMs={nowMs} onDone={onDone} />
        )}
      </section>
    </>
  );
}

function ClockPanel({
  view,
  refusals: rejections,
}: {
  view: SiteView;
  refusals: readonly RejectionRecord[];
}): ReactNode {
  const { health, clockMs } = view;
  const times = useTimes();
  if (!health || clockMs === null) return null;
  const forTime = rejections
    .filter(({ reason }) => isOfClock(reason))
    .reduce((sum, { count }) => sum + count, 0);
  const awayMs = clockMs - health.nowMs;
  return (
    <section className="panel clocks" aria-labelledby="clocks-title">
      <h2 id="clocks-title">Clocks</h2>
      <dl className="figures">
        <div>
          <dt>Time of the data</dt>
          <dd>{times.instant(clockMs)}</dd>
        </div>
        <div>
          <dt>Beside the clock of the service</dt>
          <dd>
            {Math.abs(awayMs) < 1000
              ? 'equal'
              : `${spanText(Math.abs(awayMs))} ${awayMs < 0 ? 'behind' : 'ahead'}`}
          </dd>
        </div>
        <div>
          <dt>Pace</dt>
          <dd>{health.rate === null ? 'not known yet' : rateText(health.rate)}</dd>
        </div>
        <div>
          <dt>Refused for their time</dt>
          <dd>{forTime.toLocaleString('en')}</dd>
        </div>
      </dl>
      <p className="note">
        Behind by a constant: a recording is played, or a clock is set to local time. Falling further behind:
        the gateway cannot keep up. Each clock belongs on NTP, each stamp in UTC.{' '}
        <a className="doc-link" href={documentHref('service', 'readings-in-post-apiv1frames')}>
          Late, early and repeated frames
        </a>
      </p>
    </section>
  );
}

interface GatewayTableProps {
  readonly gateways: readonly Gateway[];
  readonly clocks: ReadonlyMap<string, GatewayClock>;
  readonly view: SiteView;
  readonly nowMs: number;
  readonly onDone: () => void;
}

function GatewayTable({ gateways, clocks, view, nowMs, onDone }: GatewayTableProps): ReactNode {
  return (
    <Scrolled className="quality-table">
      <table aria-label="Gateways">
        <thead>
          <tr>
            <th scope="col">Gateway</th>
            <th scope="col">Last delivery</th>
            <th scope="col" className="is-number">
              Modules
            </th>
            <th scope="col" className="is-number">
              Frames
            </th>
            <th scope="col" className="is-number">
              A second
            </th>
            <th scope="col" className="is-number">
              Late
            </th>
            <th scope="col" className="is-number">
              Repeated
            </th>
            <th scope="col" className="is-number">
              Refused
            </th>
            <th scope="col">Number, epoch</th>
            <th scope="col">Clock</th>
          </tr>
        </thead>
        <tbody>
          {gateways.map((gateway) => (
            <Row
              key={gateway.gatewayId}
              gateway={gateway}
              clock={clocks.get(gateway.gatewayId)}
              view={view}
              nowMs={nowMs}
              onDone={onDone}
            />
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

interface RowProps {
  readonly gateway: Gateway;
  readonly clock: GatewayClock | undefined;
  readonly view: SiteView;
  readonly nowMs: number;
  readonly onDone: () => void;
}

const COLUMNS = 10;
const count = (value: number): string => value.toLocaleString('en');

function Row({ gateway, clock, view, nowMs, onDone }: RowProps): ReactNode {
  const { gatewayId, door, lastMs, frames, late, repeated, rejected, rejectedValues } = gateway;
  const advice = adviceOnGateway(gateway);
  return (
    <Fragment>
      <tr className="has-more">
        <th scope="row">
          {gatewayId} <small className="quiet">{door}</small>
        </th>
        <td>
          {gateway.isGone ? <b className="wrong">gone</b> : `${spanText(nowMs - lastMs)} ago`}
          <small className="quiet"> of {countText(gateway.deliveries, 'delivery', 'deliveries')}</small>
        </td>
        <td className="is-number">
          {count(clock?.modules ?? 0)}
          {clock && clock.silent > 0 && <span className="hole-note"> ({count(clock.silent)} silent)</span>}
        </td>
        <td className="is-number">{count(frames)}</td>
        <td className="is-number">{paceText(gateway)}</td>
        <td className="is-number">
          {count(late)}
          {late > 0 && <small className="quiet"> {shareText(late, frames + late)}</small>}
        </td>
        <td className="is-number">{count(repeated)}</td>
        <td className="is-number">
          {count(rejected)}
          {rejectedValues > 0 && <small className="quiet"> + {count(rejectedValues)} values</small>}
        </td>
        <td>
          {gateway.lastDelivery === null ? (
            <span className="quiet">counts nothing</span>
          ) : (
            <code>{gateway.lastDelivery}</code>
          )}
        </td>
        <td>{clockText(clock, view.clockMs)}</td>
      </tr>
      <tr className="more">
        <td colSpan={COLUMNS}>
          {gateway.goneWhy !== null && <p>Gone: {gateway.goneWhy}</p>}
          <DeviceEvents gateway={gateway} />
          {advice.map((sentence) => (
            <p key={sentence} className="advice">
              {sentence}
            </p>
          ))}
          <LateFrames gateway={gateway} alarms={view.alarms.all()} />
          <p>
            Delivers {countText(gateway.modules.claimed, 'module')}; {count(gateway.modules.places)} of at
            most {count(gateway.modules.quota)} places for modules that the settings do not name.
          </p>
          <Places gateway={gateway} isConnected={view.connection === 'connected'} onDone={onDone} />
        </td>
      </tr>
    </Fragment>
  );
}

const shareText = (part: number, all: number): string => `(${((100 * part) / all).toFixed(1)} %)`;

/** Whose clock leads, as the alarm says it; else which modules were late since the start. */
function LateFrames({
  gateway: { gatewayId, lateModules },
  alarms,
}: {
  gateway: Gateway;
  alarms: readonly AlarmRecord[];
}): ReactNode {
  const alarm = alarms.find(({ kind, source }) => kind === 'late-frames' && source === gatewayId);
  if (alarm) return <p className="advice">{alarm.text}</p>;
  if (lateModules.length === 0) return null;
  const worst = lateModules.reduce((a, b) => (b.leadMs > a.leadMs ? b : a));
  return (
    <p>
      Late frames of {countText(lateModules.length, 'module')}, most behind {worst.moduleId}: newer frames led
      by {spanText(worst.leadMs)}.
    </p>
  );
}

const DeviceEvents = ({ gateway: { deviceEvents } }: { gateway: Gateway }): ReactNode =>
  deviceEvents.length > 0 && (
    <ul className="device-events">
      {deviceEvents.map(({ source, point, bit, name, isAlarm }) => (
        <li key={`${source} ${point} ${bit}`} className={isAlarm ? 'is-alarm' : ''}>
          {isAlarm ? '▲ alarm' : 'says'}: {name.replaceAll('_', ' ').toLowerCase()} <code>{source}</code>
        </li>
      ))}
    </ul>
  );

/** Frames a second of wall time since its first delivery. */
function paceText({ frames, firstMs, lastMs }: Gateway): string {
  const lastedS = (lastMs - firstMs) / 1000;
  if (lastedS < 1) return '–';
  const pace = frames / lastedS;
  return pace >= 10 ? Math.round(pace).toLocaleString('en') : pace.toPrecision(2);
}

/** How its newest reading stands to the newest of the site. */
function clockText(clock: GatewayClock | undefined, clockMs: number | null): string {
  if (!clock || clockMs === null || Number.isNaN(clock.newestMs)) return '–';
  const behindMs = clockMs - clock.newestMs;
  const spreadMs = clock.newestMs - clock.oldestMs;
  const first = behindMs < 1000 ? 'with the site' : `${spanText(behindMs)} behind`;
  return spreadMs < 60_000 ? first : `${first}, modules ${spanText(spreadMs)} apart`;
}
