/** The list with its filters, and what it says when it is empty. */
import type { ReactNode } from 'react';
import { LevelMark } from '../live/level.tsx';
import type { SiteView } from '../live/store.ts';
import { countText } from '../ui/format.ts';
import type { AlarmRecord } from '../wire.ts';
import { Filters, hrefFor, isNarrowed, type Listing } from './filters.tsx';
import { HistoryFoot, type HistoryState, useClosedText } from './history.tsx';
import { AlarmList, sinceText } from './list.tsx';
import { SUPPRESSION_WORD } from './words.ts';

interface ListPanelProps {
  readonly view: SiteView;
  readonly listing: Listing;
  readonly alarms: readonly AlarmRecord[];
  readonly history: HistoryState;
  readonly selected: string | null;
  readonly nowMs: number;
  readonly onListing: (listing: Listing) => void;
  readonly onSelect: (id: string) => void;
  readonly onHelp: () => void;
}

const LABEL = { open: 'Open alarms', hidden: 'Hidden alarms', history: 'Closed alarms' } as const;

export function ListPanel(props: ListPanelProps): ReactNode {
  const { view, listing, alarms, history, selected, nowMs, onListing, onSelect, onHelp } = props;
  const { folder } = listing;
  const hidden = view.alarms.all().filter(({ suppression }) => suppression !== null);
  const open = view.alarms.all().length - hidden.length;
  const closedText = useClosedText(nowMs);
  return (
    <section id="alarm-list" className="panel alarm-panel" aria-labelledby="alarm-list-title" tabIndex={-1}>
      <div className="alarm-bar">
        <h2 id="alarm-list-title" className="unseen">
          {LABEL[folder]}
        </h2>
        <Filters listing={listing} counts={{ open, hidden: hidden.length }} onChange={onListing} />
        <span className="alarm-bar-end">
          <a className="button" href="/api/v1/responder.html" target="_blank" rel="noopener">
            Fire service sheet
          </a>
          <button
            type="button"
            className="button"
            aria-label="Keyboard help"
            title="Keyboard"
            onClick={onHelp}
          >
            ?
          </button>
        </span>
      </div>
      <AlarmList
        label={LABEL[folder]}
        alarms={alarms}
        selected={selected}
        isHistory={folder === 'history'}
        timeOf={folder === 'history' ? closedText : (alarm) => sinceText(alarm, nowMs)}
        hrefFor={(id) => hrefFor(id, listing)}
        onSelect={onSelect}
      />
      {folder === 'history' ? (
        <HistoryFoot {...history} isNarrowed={isNarrowed(listing)} />
      ) : (
        alarms.length === 0 && <Nothing {...props} open={open} hidden={hidden.length} />
      )}
      {folder === 'open' && hidden.length > 0 && (
        <p className="alarm-more quiet">
          {hiddenText(hidden)}{' '}
          <button
            type="button"
            className="link"
            onClick={() => onListing({ ...listing, folder: 'hidden', isHidden: true })}
          >
            Show them
          </button>
        </p>
      )}
    </section>
  );
}

function hiddenText(hidden: readonly AlarmRecord[]): string {
  const kinds = Object.entries(SUPPRESSION_WORD).map(([kind, word]) => {
    const count = hidden.filter(({ suppression }) => suppression?.kind === kind).length;
    return count === 0 ? null : `${count.toLocaleString('en')} ${word.toLowerCase()}`;
  });
  return `${countText(hidden.length, 'alarm is hidden', 'alarms are hidden')}: ${kinds.filter(Boolean).join(', ')}.`;
}

type NothingProps = ListPanelProps & { readonly open: number; readonly hidden: number };

function Nothing({ view, listing, onListing, open, hidden }: NothingProps): ReactNode {
  const { folder } = listing;
  const others = folder === 'hidden' ? hidden : open;
  if (isNarrowed(listing) && others > 0)
    return (
      <div className="alarm-nothing">
        <p>None of {countText(others, 'alarm')} matches.</p>
        <button
          type="button"
          className="button"
          onClick={() => onListing({ ...listing, priority: null, kind: null, state: null, source: null })}
        >
          Show all
        </button>
      </div>
    );
  if (folder === 'hidden')
    return <p className="alarm-nothing">Nothing is hidden: every open alarm is told.</p>;
  const { health } = view;
  const isWatched = health?.status === 'ok' && health.modulesSilent < health.modules;
  return (
    <div className="alarm-nothing">
      <LevelMark level={isWatched ? 'normal' : 'unknown'} />
      <p>
        <strong>No alarm is open.</strong>
      </p>
      {!isWatched && <p className="quiet">But nothing is judged now, so that says little.</p>}
    </div>
  );
}
