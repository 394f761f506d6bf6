import { LEVELS, type Level } from '@emberwatch/engine/detector';
import { REJECTION_REASONS } from '@emberwatch/engine/telemetry';
import { type ReactNode, useEffect } from 'react';
import { countText, dateText, rateText, timeText } from './format.ts';
import { LEVEL_WORD, LevelMark } from './level.tsx';
import type { SiteView } from './site.ts';
import { countsOf, siteStateOf } from './state.ts';
import type { Health } from './wire.ts';

/** Data this close to the wall clock is live. */
const LIVE_WITHIN_MS = 120_000;

const COUNTED: readonly Level[] = [...LEVELS].reverse();

function Clock({ view }: { view: SiteView }): ReactNode {
  const { clockMs, health } = view;
  if (clockMs === null || !health) return null;
  const isLive = Math.abs(health.nowMs - clockMs) < LIVE_WITHIN_MS;
  const rate = health.rate !== null && Math.abs(health.rate - 1) > 0.1 ? ` ${rateText(health.rate)}` : '';
  const isQuiet = health.status === 'no-data';
  return (
    <div className="clock" title="Time of the data, not of this computer">
      <time dateTime={new Date(clockMs).toISOString()}>
        <span className="clock-date">{dateText(clockMs)}</span> {timeText(clockMs)} <small>UTC</small>
      </time>
      <span className="feed">{isQuiet ? 'Stopped' : isLive ? `Live${rate}` : `Playback${rate}`}</span>
    </div>
  );
}

const CONNECTION_WORD = { connecting: 'Connecting', connected: 'Connected', lost: 'Reconnecting' } as const;

const reasonText = (reason: string): string =>
  (REJECTION_REASONS as Readonly<Record<string, string>>)[reason] ?? reason.replaceAll('-', ' ');

function Refused({ health }: { health: Health }): ReactNode {
  const refused = health.rowsRejected + health.valuesRejected;
  if (refused === 0) return null;
  const reasons = Object.entries(health.rejectionsByReason).sort((a, b) => b[1] - a[1]);
  return (
    <details className="refused">
      <summary>{refused.toLocaleString('en')} refused</summary>
      <div className="refused-list">
        <p>
          {countText(health.rowsRejected, 'row')} and {countText(health.valuesRejected, 'single value')}{' '}
          refused, {countText(health.framesAccepted, 'frame')} taken.
        </p>
        <dl>
          {reasons.map(([reason, count]) => (
            <div key={reason} className="refused-reason">
              <dt>{reasonText(reason)}</dt>
              <dd>{count.toLocaleString('en')}</dd>
            </div>
          ))}
        </dl>
      </div>
    </details>
  );
}

export function Header({ view }: { view: SiteView }): ReactNode {
  const state = siteStateOf(view);
  const counts = countsOf(view);
  useEffect(() => {
    document.title = `${state.word} · Emberwatch`;
  }, [state.word]);
  return (
    <header>
      <div className="header-line">
        <h1>Emberwatch</h1>
        <div className={`site-state level-${state.level}`} data-level={state.level}>
          <LevelMark level={state.level} />
          <strong>{state.word}</strong>
          <span>{state.detail}</span>
        </div>
        {view.modules.size > 0 && (
          <ul className="counts" aria-label="Modules by level">
            {COUNTED.map((level) => (
              <li key={level} className={counts[level] === 0 ? 'is-zero' : ''}>
                <LevelMark level={level} />
                <b>{counts[level]}</b> {LEVEL_WORD[level]}
              </li>
            ))}
          </ul>
        )}
      </div>
      <div className="header-strip">
        <p>Advisory only: trips belong to the BMS and the fire panel.</p>
        {view.health && <Refused health={view.health} />}
        <Clock view={view} />
        <span className={`connection is-${view.connection}`}>{CONNECTION_WORD[view.connection]}</span>
      </div>
    </header>
  );
}
