/** The laboratory: the engine of the service and the command line, running in the page. */
import { moduleIds, type SizedFault } from '@emberwatch/engine/physics';
import * as Tabs from '@radix-ui/react-tabs';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { SiteStore } from '../live/store.ts';
import { mayDo } from '../session/role.ts';
import { useRole } from '../session/session.ts';
import { hrefOf, replaceHash } from '../ui/route.ts';
import { type ScenarioDocument, withValues } from './document.ts';
import { clockText } from './durations.ts';
import { EXAMPLES, type ExampleName, exampleText } from './examples.ts';
import { ExperimentRunner, type FinishedRun, firstToShow, useExperiment } from './experiment.ts';
import { numberText } from './fields.tsx';
import { Form, faultsOf } from './form.tsx';
import { type Job, startJob } from './job.ts';
import { documentOfLink, linkOf } from './link.ts';
import { LiveFeed } from './live-feed.tsx';
import { MapView } from './map-view.tsx';
import { RunView } from './run-view.tsx';
import { download, ScenarioView } from './scenario-view.tsx';
import { documentOfYaml } from './yaml.ts';
import '../style/laboratory.css';

interface PageProps {
  readonly store: SiteStore;
  /** An experiment in the address. */
  readonly shared: string | null;
}

const FIRST: ExampleName = 'propagation';

/** The experiment outlives the view: who looks at the site and comes back finds it as it was. */
const kept: { runner: ExperimentRunner | null; link: string | null } = { runner: null, link: null };

const keptFor = (shared: string | null): ExperimentRunner | null =>
  shared === null || shared === kept.link ? kept.runner : null;

/** The experiment of the address, else the one that was there before, else the first example; or what is wrong with a link. */
function useRunner(shared: string | null): { runner: ExperimentRunner | null; problem: string | null } {
  const [runner, setRunner] = useState(() => keptFor(shared));
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let isOpen = true;
    const open = async (): Promise<void> => {
      const before = keptFor(shared);
      if (before) return setRunner(before);
      const document =
        shared === null ? await documentOfYaml(await exampleText(FIRST)) : await documentOfLink(shared);
      if (!isOpen) return;
      kept.runner?.cancel();
      kept.runner = new ExperimentRunner(document);
      kept.link = shared;
      kept.runner.start();
      setRunner(kept.runner);
    };
    open()
      .then(() => isOpen && setProblem(null))
      .catch((error: Error) => isOpen && setProblem(error.message));
    return () => {
      isOpen = false;
    };
  }, [shared]);
  useAddressOf(runner, shared);
  return { runner, problem };
}

/** The address follows the experiment, so that it can be shared as it stands. */
function useAddressOf(runner: ExperimentRunner | null, shared: string | null): void {
  useEffect(() => {
    // An address that holds another experiment is about to be opened.
    if (!runner || runner !== keptFor(shared)) return;
    let isOpen = true;
    let before: ScenarioDocument | null = null;
    const follow = async (): Promise<void> => {
      const { document } = runner.current();
      if (document === before) return;
      before = document;
      // Without a link the experiment is too long for one.
      const link = await linkOf(document).catch(() => null);
      if (!isOpen || runner.current().document !== document) return;
      kept.link = link;
      replaceHash(hrefOf('laboratory', { s: link }));
    };
    void follow();
    const stop = runner.subscribe(follow);
    return () => {
      isOpen = false;
      stop();
    };
  }, [runner, shared]);
}

export default function LaboratoryPage({ store, shared }: PageProps): ReactNode {
  const { runner, problem } = useRunner(shared);
  if (problem !== null)
    return (
      <main className="empty" id="bench" tabIndex={-1}>
        <h2>This link holds no experiment</h2>
        <p role="alert">{problem}</p>
        <p>
          <a href={hrefOf('laboratory')}>Begin with an example</a>
        </p>
      </main>
    );
  if (!runner) return <main className="empty" aria-busy="true" id="bench" tabIndex={-1} />;
  return <Laboratory runner={runner} store={store} />;
}

/** Finds the strength of a fault on a thread of its own. */
function useSizing(runner: ExperimentRunner) {
  const job = useRef<Job | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => () => job.current?.cancel(), []);
  const start = (module: string, wantedS: number): void => {
    const { document } = runner.current();
    job.current?.cancel();
    setIsBusy(true);
    setSaid('Searching the strength…');
    job.current = startJob({ kind: 'size', document, module, wantedS }, (report) => {
      if (report.kind === 'failed') setSaid(report.message);
      if (report.kind === 'sized') {
        setSaid(sizedText(report.sized));
        if (report.sized.found) {
          runner.edit(withValues(document, report.sized.changes));
          runner.start();
        }
      }
      if (report.kind === 'done' || report.kind === 'failed') setIsBusy(false);
    });
  };
  return { start, isBusy, said };
}

function sizedText(sized: SizedFault): string {
  const { found, path, strength, timeToPnrS, wantedTimeToPnrS, runs, criticalHeatW, semenovHeatW } = sized;
  if (found)
    return `Found in ${runs} runs: ${path} = ${strength} reaches the point of no return ${clockText(timeToPnrS!)} after the onset.`;
  const bound = criticalHeatW ?? semenovHeatW;
  const heat = bound === null ? '' : ` Critical heat: ${numberText(Number(bound.toPrecision(4)))} W.`;
  return `No strength reaches it ${clockText(wantedTimeToPnrS)} after the onset (${runs} runs).${heat}`;
}

function Laboratory({ runner, store }: { runner: ExperimentRunner; store: SiteStore }): ReactNode {
  const { document, checked, run } = useExperiment(runner);
  const [tab, setTab] = useState('run');
  const sizing = useSizing(runner);
  const modules = checked.scenario ? moduleIds(checked.scenario) : [];
  const module =
    faultsOf(document).find((fault) => fault.module !== undefined)?.module ??
    (run ? firstToShow(run) : (modules[0] ?? ''));
  return (
    <main className="laboratory" id="bench" tabIndex={-1}>
      <aside className="bench-side" aria-label="Experiment">
        <h2 className="unseen">Experiment</h2>
        <ExperimentHead runner={runner} said={sizing.said} />
        <Form
          document={document}
          checked={checked}
          isBusy={sizing.isBusy}
          onChange={runner.edit}
          onSize={sizing.start}
        />
      </aside>
      <Tabs.Root className="bench-main" value={tab} onValueChange={setTab}>
        <h2 className="unseen">Result</h2>
        <div className="tabs">
          <Tabs.List aria-label="What is shown of the experiment">
            <Tabs.Trigger value="run">Run</Tabs.Trigger>
            <Tabs.Trigger value="map">Where it runs away</Tabs.Trigger>
            <Tabs.Trigger value="scenario">Scenario</Tabs.Trigger>
          </Tabs.List>
          {run && <RunActions store={store} run={run} />}
        </div>
        <Tabs.Content value="run" tabIndex={-1}>
          {run ? <RunView run={run} /> : <p className="notice">The first run is on its way.</p>}
        </Tabs.Content>
        <Tabs.Content value="map" tabIndex={-1}>
          <MapView
            document={document}
            checked={checked}
            module={module}
            onOpen={(next) => {
              runner.edit(next);
              runner.start();
              setTab('run');
            }}
          />
        </Tabs.Content>
        <Tabs.Content value="scenario" tabIndex={-1}>
          <ScenarioView document={document} checked={checked} onChange={runner.edit} />
        </Tabs.Content>
      </Tabs.Root>
    </main>
  );
}

function RunActions({ store, run }: { store: SiteStore; run: FinishedRun }): ReactNode {
  // Who may deliver is asked for the rights of an engineer.
  const mayDeliver = mayDo(useRole(), 'engineer');
  return (
    <div className="run-actions">
      {mayDeliver && <LiveFeed key={run.summary.scenario} store={store} run={run} />}
      <button
        type="button"
        className="button"
        title="The JSON of emberwatch simulate --json"
        disabled={!run.isSearched}
        onClick={() => download(`${run.summary.scenario}.json`, JSON.stringify(run.summary, null, 1))}
      >
        Download the result
      </button>
    </div>
  );
}

/** Which experiment it is, its button, and how it stands with it. */
function ExperimentHead({ runner, said }: { runner: ExperimentRunner; said: string | null }): ReactNode {
  const { document, checked, run, busy, failure } = useExperiment(runner);
  const openExample = async (name: ExampleName): Promise<void> => {
    runner.edit(await documentOfYaml(await exampleText(name)));
    runner.start();
  };
  const wrong = checked.problem?.message ?? failure;
  const isStale = run !== null && run.document !== document;
  return (
    <>
      <div className="bench-head">
        <select
          aria-label="Begin with an example"
          value=""
          onChange={({ target }) => target.value && openExample(target.value as ExampleName)}
        >
          <option value="">{String(document['name'] ?? 'experiment')}</option>
          {EXAMPLES.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
        {busy ? (
          <button type="button" className="button" onClick={runner.cancel}>
            Stop
          </button>
        ) : (
          <button
            type="button"
            className="button is-primary"
            disabled={checked.problem !== null}
            onClick={runner.start}
          >
            Run
          </button>
        )}
      </div>
      <div className="bench-state" role="status">
        {wrong ? (
          <p className="wrong">{wrong}</p>
        ) : busy ? (
          <>
            <progress value={busy.share} max={1} aria-label={busy.what} /> {busy.what}
          </>
        ) : (
          (said ?? (isStale ? 'Changed since the run that is shown.' : 'The run that is shown.'))
        )}
      </div>
    </>
  );
}
