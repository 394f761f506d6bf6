import { LEVELS, type Level } from '@emberwatch/engine/detector';
import { REJECTION_REASONS } from '@emberwatch/engine/telemetry';
import { type ReactNode, useEffect } from 'react';
import { SoundControl } from '../alarms/sound-control.tsx';
import { LEVEL_WORD, LevelMark } from '../live/level.tsx';
import { siteStateOf } from '../live/state.ts';
import type { SiteView } from '../live/store.ts';
import { Person } from '../session/person.tsx';
import { Choice } from '../ui/choice.tsx';
import { countText, rateText } from '../ui/format.ts';
import { hrefOf } from '../ui/route.ts';
import { useSetting } from '../ui/setting.ts';
import { THEMES, themeSetting } from '../ui/theme.ts';
import { siteZone, useTimes, ZONE_CHOICES, zoneSetting } from '../ui/times.ts';
import type { Health } from '../wire.ts';

/** Data this close to the wall clock is live. */
const LIVE_WITHIN_MS = 120_000;

const COUNTED: readonly Level[] = [...LEVELS].reverse();

function Clock({ view }: { view: SiteView }): ReactNode {
  const { clockMs, health } = view;
  const times = useTimes();
  if (clockMs === null || !health) return null;
  const isLive = Math.abs(health.nowMs - clockMs) < LIVE_WITHIN_MS;
  const rate = health.rate !== null && Math.abs(health.rate - 1) > 0.1 ? ` ${rateText(health.rate)}` : '';
  const isQuiet = health.status === 'no-data';
  const word = isQuiet ? 'Stopped' : health.isPlayback ? 'Playback' : isLive ? 'Live' : 'Old data';
  return (
    <div className="clock" title="Time of the data, not of this computer">
      <time dateTime={new Date(clockMs).toISOString()}>
        <span className="clock-date">{times.date(clockMs)}</span> {times.time(clockMs)}{' '}
        <small>{times.zoneName(clockMs)}</small>
      </time>
      <span className="feed">{`${word}${isQuiet ? '' : rate}`}</span>
    </div>
  );
}

const CONNECTION_WORD = { connecting: 'Connecting', connected: 'Connected', lost: 'Reconnecting' } as const;

const reasonText = (reason: string): string =>
  (REJECTION_REASONS as Readonly<Record<string, string>>)[reason] ?? reason.replaceAll('-', ' ');

function RejectionRecord({ health }: { health: Health }): ReactNode {
  const rejected = health.rowsRejected + health.valuesRejected;
  if (rejected === 0) return null;
  const reasons = Object.entries(health.rejectionsByReason).sort((a, b) => b[1] - a[1]);
  return (
    <details className="refused">
      <summary>{rejected.toLocaleString('en')} refused</summary>
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
        <p>
          <a href={hrefOf('quality/refused')}>By gateway and column, with what to do</a>
        </p>
      </div>
    </details>
  );
}

const THEME_TEXT = { system: 'Auto', light: 'Light', dark: 'Dark' } as const;
const ZONE_TEXT = { utc: 'UTC', site: 'Local' } as const;

function Display({ site }: { site: Health['site'] }): ReactNode {
  const theme = useSetting(themeSetting);
  const zone = useSetting(zoneSetting);
  return (
    <div className="display">
      <Choice
        label="Times"
        options={ZONE_CHOICES.map((value) => ({
          value,
          text: value === 'site' && site?.timeZone ? 'Site' : ZONE_TEXT[value],
          title: value === 'utc' ? 'Times in UTC' : `Times of ${siteZone(site?.timeZone)}`,
        }))}
        value={zone}
        onChoose={zoneSetting.choose}
      />
      <Choice
        label="Colours"
        options={THEMES.map((value) => ({ value, text: THEME_TEXT[value] }))}
        value={theme}
        onChoose={themeSetting.choose}
      />
    </div>
  );
}

export interface NavigationEntry {
  readonly name: string;
  readonly href: string;
  readonly isCurrent: boolean;
  /** Takes the place of the plain link. */
  readonly link: ReactNode;
}

interface HeaderProps {
  readonly view: SiteView;
  readonly entries: readonly NavigationEntry[];
  /** Address of the document that explains the view. */
  readonly guide: string;
}

export function Header({ view, entries, guide }: HeaderProps): ReactNode {
  const state = siteStateOf(view);
  const { counts, size } = view.moduleIndex;
  useEffect(() => {
    document.title = `${state.word} · Emberwatch`;
  }, [state.word]);
  return (
    <header>
      <div className="header-line">
        <h1>Emberwatch</h1>
        <nav aria-label="Views">
          <ul>
            {entries.map(({ name, href, isCurrent, link }) => (
              <li key={name}>
                {link ?? (
                  <a href={href} aria-current={isCurrent ? 'page' : undefined}>
                    {name}
                  </a>
                )}
              </li>
            ))}
          </ul>
        </nav>
        <div className={`site-state level-${state.level}`} data-level={state.level}>
          <LevelMark level={state.level} />
          <strong>{state.word}</strong>
          <span>{state.detail}</span>
        </div>
        {size > 0 && (
          <ul className="counts" aria-label="Modules by level">
            {COUNTED.map((level) => (
              <li key={level} className={counts[level] === 0 ? 'is-zero' : ''}>
                <LevelMark level={level} />
                <b>{counts[level].toLocaleString('en')}</b> <span>{LEVEL_WORD[level]}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
      <div className="header-strip">
        <p>Advisory only: trips belong to the BMS and the fire panel.</p>
        {view.health?.isPlayback && (
          <p className="playback" role="status">
            <strong>Playback</strong>: the time is that of the data, and nobody is notified.
          </p>
        )}
        <a href={guide} title="The document that explains this view">
          Guide
        </a>
        <SoundControl alarms={view.alarms.all()} />
        {view.health && <RejectionRecord health={view.health} />}
        <Clock view={view} />
        <span className={`connection is-${view.connection}`}>{CONNECTION_WORD[view.connection]}</span>
        <Person />
        <Display site={view.health?.site} />
      </div>
    </header>
  );
}
