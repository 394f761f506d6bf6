/** Alarms: what is open and hidden, what was, and what people do about it. */
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import type { SiteView } from '../live/store.ts';
import { useRole } from '../session/session.ts';
import { Loading } from '../ui/loading.tsx';
import { replaceHash } from '../ui/route.ts';
import type { AlarmRecord } from '../wire.ts';
import { ACTION, ACTIONS, type ActionKind, offersOf } from './actions.ts';
import { useAlarm } from './alarm-record.ts';
import { AlarmDetail } from './detail.tsx';
import { hrefFor, listingOf } from './filters.tsx';
import { Help } from './help.tsx';
import { useHistory } from './history.tsx';
import { useKeys } from './keys.ts';
import { rowId, rowsOf } from './list.tsx';
import { ListPanel } from './list-panel.tsx';
import { listed } from './order.ts';
import { Overview } from './overview.tsx';
import '../style/alarms.css';

interface AlarmsPageProps {
  readonly view: SiteView;
  /** Of the alarm that is open, from the address. */
  readonly id: string | null;
  readonly parameters: URLSearchParams;
}

export default function AlarmsPage({ view, id, parameters }: AlarmsPageProps): ReactNode {
  const listing = useMemo(() => listingOf(parameters), [parameters]);
  const all = view.alarms.all();
  const open = useMemo(() => listed(all, listing), [all, listing]);
  const history = useHistory(listing.folder === 'history', listing.kind, listing.source);
  const shown = listing.folder === 'history' ? history.alarms : open;
  const isConnected = view.connection === 'connected';
  const nowMs = view.health?.nowMs ?? 0;
  const [form, setForm] = useState<ActionKind | null>(null);
  const [hasHelp, setHasHelp] = useState(false);
  const { alarm, problem } = useAlarm(id, id === null ? undefined : view.alarms.get(id), isConnected);
  const select = useCallback(
    (next: string | null) => {
      setForm(null);
      replaceHash(hrefFor(next, listing));
    },
    [listing],
  );
  const role = useRole();
  useKeys((key) => {
    if (key === 'j' || key === 'k')
      step(rowsOf(shown, listing.folder === 'history'), id, key === 'j' ? 1 : -1, select);
    else if (key === '?') setHasHelp(true);
    else if (key === 'Escape' && form !== null) setForm(null);
    else if (key === 'Escape' && id !== null) leave(id, select);
    else if (key === 'e' && alarm) document.getElementById('evidence')?.click();
    else {
      const offers = alarm && isConnected ? offersOf(alarm, role, nowMs) : [];
      const kind = ACTIONS.find((one) => ACTION[one].key === key && offers.includes(one));
      if (kind === undefined) return false;
      setForm(kind);
    }
    return true;
  });
  if (!view.health) return <Loading />;
  return (
    <main className={`alarms ${id === null ? '' : 'has-detail'}`}>
      <ListPanel
        view={view}
        listing={listing}
        alarms={shown}
        history={history}
        selected={id}
        nowMs={nowMs}
        onListing={(next) => replaceHash(hrefFor(id, next))}
        onSelect={select}
        onHelp={() => setHasHelp(true)}
      />
      <aside aria-label={id === null ? 'Figures and maintenance' : 'The alarm'}>
        {id === null ? (
          <Overview view={view} isConnected={isConnected} nowMs={nowMs} />
        ) : alarm ? (
          <AlarmDetail
            key={id}
            {...{ alarm, nowMs, isConnected, form }}
            onForm={setForm}
            onClose={() => leave(id, select)}
            onDone={() => {
              setForm(null);
              document.getElementById('alarm')?.focus();
            }}
          />
        ) : (
          <NotThere id={id} problem={problem} onClose={() => leave(id, select)} />
        )}
      </aside>
      {hasHelp && <Help onClose={() => setHasHelp(false)} />}
    </main>
  );
}

interface NotThereProps {
  readonly id: string;
  readonly problem: string | null;
  readonly onClose: () => void;
}

const NotThere = ({ id, problem, onClose }: NotThereProps): ReactNode => (
  <section className="panel alarm-detail" aria-busy={problem === null}>
    <p className={problem === null ? 'quiet' : 'wrong'} role="status">
      {problem === null ? `Asking for ${id}…` : `${id} cannot be shown: ${problem}`}
    </p>
    <button type="button" className="button" onClick={onClose}>
      Close
    </button>
  </section>
);

/** The next row, or the one before. */
function step(
  rows: readonly AlarmRecord[],
  id: string | null,
  by: 1 | -1,
  select: (id: string) => void,
): void {
  const at = rows.findIndex((one) => one.id === id);
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
  if (!next) return;
  select(next.id);
  document.getElementById(rowId(next.id))?.focus();
}

/** Back to the row that one came from. */
function leave(id: string, select: (id: null) => void): void {
  const row = document.getElementById(rowId(id));
  select(null);
  (row ?? document.getElementById('alarm-list'))?.focus();
}
