/** Sends the run into the live site, so that its alarms can be watched as they come. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { SiteStore } from '../live/store.ts';
import { rateText } from '../ui/format.ts';
import { hrefOf } from '../ui/route.ts';
import { checkedDocument } from './document.ts';
import { clockText } from './durations.ts';
import type { FinishedRun } from './experiment.ts';
import { feedRun, LAB_PREFIX } from './feed.ts';

/** Where nothing else delivers, nothing else sets the pace. */
const PACE_ALONE = 60;

async function post(ndjson: string): Promise<void> {
  const answer = await fetch('/api/v1/frames', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: ndjson,
  });
  if (answer.ok) return;
  const body = (await answer.json().catch(() => null)) as { error?: { message?: string } } | null;
  throw new Error(body?.error?.message ?? `the service answered ${answer.status}`);
}

const wait = (lengthMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const timer = window.setTimeout(done, lengthMs);
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer);
      done();
    });
  });

type State =
  | { readonly step: 'idle' | 'asking' | 'over' }
  | { readonly step: 'sending'; readonly timeS: number }
  | { readonly step: 'failed'; readonly message: string };

interface LiveFeedProps {
  readonly store: SiteStore;
  readonly run: FinishedRun;
}

/** The clock and the pace of the site, which a run that joins it must keep: else all others would look late. */
function joiningOf(store: SiteStore): { startMs: number; speed: number } {
  const { clockMs, health } = store.current();
  const isAlone = health?.status === 'waiting' || clockMs === null;
  return { startMs: isAlone ? Date.now() : clockMs, speed: isAlone ? PACE_ALONE : (health?.rate ?? 1) };
}

export function LiveFeed({ store, run }: LiveFeedProps): ReactNode {
  const [state, setState] = useState<State>({ step: 'idle' });
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const send = async (): Promise<void> => {
    const { scenario, sensors } = checkedDocument(run.document);
    if (!scenario) return;
    const control = new AbortController();
    stop.current = control;
    const { startMs, speed } = joiningOf(store);
    const plan = { trajectory: run.trajectory, sensors, seed: scenario.seed, startMs, speed };
    setState({ step: 'sending', timeS: 0 });
    try {
      const door = { post, wait, now: () => performance.now() };
      const sent = ({ endMs }: { endMs: number }): void =>
        setState({ step: 'sending', timeS: (endMs - startMs) / 1000 });
      await feedRun(plan, door, sent, control.signal);
      setState({ step: control.signal.aborted ? 'idle' : 'over' });
    } catch (error) {
      setState({ step: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <div className="live-feed" role="status">
      {state.step === 'idle' && (
        <button type="button" className="button" onClick={() => setState({ step: 'asking' })}>
          Send into the live site
        </button>
      )}
      {state.step === 'asking' && (
        <>
          <span>
            As modules {LAB_PREFIX}…, at the pace of the site ({rateText(joiningOf(store).speed)}). The site
            will raise its alarms.
          </span>
          <button type="button" className="button is-primary" onClick={send}>
            Send
          </button>
          <button type="button" className="button" onClick={() => setState({ step: 'idle' })}>
            Cancel
          </button>
        </>
      )}
      {state.step === 'sending' && (
        <>
          <span>
            Sent up to {clockText(state.timeS)}.{' '}
            <a href={hrefOf('site')} target="_blank" rel="noopener">
              Watch the site
            </a>{' '}
            while this page stays open.
          </span>
          <button type="button" className="button" onClick={() => stop.current?.abort()}>
            Stop
          </button>
        </>
      )}
      {state.step === 'over' && <span>All of it has been sent.</span>}
      {state.step === 'failed' && <span className="wrong">Not sent: {state.message}</span>}
    </div>
  );
}
