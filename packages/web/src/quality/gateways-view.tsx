/** Who delivers: how much, how late, what its devices say of themselves, and how its clock stands. */
import { Fragment, type ReactNode, useMemo } from 'react';
import { documentHref } from '../documents/pages.ts';
import { countText, rateText, spanText } from '../frame/format.ts';
import { Scrolled } from '../frame/scrolled.tsx';
import { useTimes } from '../frame/times.ts';
import type { SiteView } from '../live/store.ts';
import type { Gateway, Refused } from '../wire.ts';
import { adviceOnGateway, isOfClock } from './advice.ts';
import { clocksOf, type GatewayClock } from './clocks.ts';

interface GatewaysViewProps {
  readonly view: SiteView;
  readonly beat: number;
  readonly gateways: readonly Gateway[];
  readonly refusals: readonly Refused[];
  readonly nowMs: number;
}

export function GatewaysView({ view, beat, gateways, refusals, nowMs }: GatewaysViewProps): ReactNode {
  const { roster } = view;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the roster is renewed in place
  const clocks = useMemo(() => clocksOf(roster.all()), [beat]);
  return (
    <>
      <ClockPanel view={view} refusals={refusals} />
      <section className="panel" aria-labelledby="gateways-title">
        <h2 id="gateways-title">Gateways</h2>
        {gateways.length === 0 ? (
          <p className="quiet">
            None has delivered yet.{' '}
            <a className="doc-link" href={documentHref('integration', '5-the-gateway')}>
              How one delivers
            </a>
          </p>
        ) : (
          <GatewayTable gateways={gateways} clocks={clocks} clockMs={view.clockMs} nowMs={nowMs} />
        )}
      </section>
    </>
  );
}

function ClockPanel({ view, refusals }: { view: SiteView; refusals: readonly Refused[] }): ReactNode {
  const { health, clockMs } = view;
  const times = useTimes();
  if (!health || clockMs === null) return null;
  const forTime = refusals
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
  readonly clockMs: number | null;
  readonly nowMs: number;
}

function GatewayTable({ gateways, clocks, clockMs, nowMs }: GatewayTableProps): ReactNode {
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
              clockMs={clockMs}
              nowMs={nowMs}
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
  readonly clockMs: number | null;
  readonly nowMs: number;
}

const COLUMNS = 10;
const count = (value: number): string => value.toLocaleString('en');

function Row({ gateway, clock, clockMs, nowMs }: RowProps): ReactNode {
  const { gatewayId, door, lastMs, frames, late, repeated, rejected, rejectedValues } = gateway;
  const advice = adviceOnGateway(gateway);
  const hasMore = advice.length > 0 || gateway.deviceEvents.length > 0 || gateway.isGone;
  return (
    <Fragment>
      <tr className={hasMore ? 'has-more' : ''}>
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
        <td className="is-number">{count(late)}</td>
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
        <td>{clockText(clock, clockMs)}</td>
      </tr>
      {hasMore && (
        <tr className="more">
          <td colSpan={COLUMNS}>
            {gateway.goneWhy !== null && <p>Gone: {gateway.goneWhy}</p>}
            <DeviceEvents gateway={gateway} />
            {advice.map((sentence) => (
              <p key={sentence} className="advice">
                {sentence}
              </p>
            ))}
          </td>
        </tr>
      )}
    </Fragment>
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
