/** Which rack, and which module of it, delivers what; holes are seen, and what they cost is said. */
import { type ReactNode, useMemo, useState } from 'react';
import { documentHref } from '../documents/pages.ts';
import type { SiteView } from '../live/store.ts';
import { Choice } from '../ui/choice.tsx';
import { countText } from '../ui/format.ts';
import { hrefOf } from '../ui/route.ts';
import { Scrolled } from '../ui/scrolled.tsx';
import { adviceOnGap } from './advice.ts';
import { type Coverage, coverageOf, hasHole, type RackCoverage } from './coverage.ts';
import { ModuleTable } from './module-table.tsx';
import { ShareCell, SignalHeads } from './share-cell.tsx';

/** A table of more is no longer read, and costs time to draw. */
const MAX_ROWS = 150;

interface CoverageViewProps {
  readonly view: SiteView;
  /** Rises when it is time to look again. */
  readonly beat: number;
  /** Rack that is open; null: all. Empty: modules without a rack. */
  readonly rackId: string | null;
}

export function CoverageView({ view, beat, rackId }: CoverageViewProps): ReactNode {
  const { moduleIndex, signals, sensorFaults } = view;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the roster is renewed in place
  const coverage = useMemo(() => coverageOf(moduleIndex.all(), signals, sensorFaults), [beat, signals]);
  if (moduleIndex.size === 0) return <p className="quiet">No module has delivered yet.</p>;
  return (
    <div className="coverage">
      {rackId === null ? (
        <RackPanel view={view} coverage={coverage} />
      ) : (
        <ModuleTable view={view} beat={beat} rackId={rackId} whole={coverage.whole} max={MAX_ROWS} />
      )}
      <GapPanel coverage={coverage} />
    </div>
  );
}

const SHOWN = [
  { value: 'all', text: 'All racks' },
  { value: 'holes', text: 'With holes' },
] as const;

function RackPanel({ view, coverage }: { view: SiteView; coverage: Coverage }): ReactNode {
  const [shown, setShown] = useState<'all' | 'holes'>('all');
  const [max, setMax] = useState(MAX_ROWS);
  const { racks, whole } = coverage;
  const holes = racks.filter((rack) => hasHole(rack, whole));
  const listed = shown === 'holes' ? holes : racks;
  return (
    <section className="panel" aria-labelledby="racks-title">
      <div className="panel-bar">
        <h2 id="racks-title">What racks deliver</h2>
        <Choice
          label="Racks"
          options={SHOWN.map(({ value, text }) => ({
            value,
            text: `${text} (${(value === 'all' ? racks : holes).length.toLocaleString('en')})`,
          }))}
          value={shown}
          onChoose={setShown}
        />
      </div>
      <Scrolled className="matrix">
        <table aria-label="Racks by signal">
          <SignalHeads signals={view.signals} first="Rack" second="Modules" />
          <tbody>
            {listed.slice(0, max).map((rack) => (
              <RackRow key={rack.rackId} rack={rack} whole={whole} view={view} />
            ))}
          </tbody>
        </table>
      </Scrolled>
      {listed.length === 0 && <p className="quiet">No rack has a hole: what is delivered, all deliver.</p>}
      {listed.length > max && (
        <p className="panel-more">
          {(listed.length - max).toLocaleString('en')} more racks.{' '}
          <button type="button" className="link" onClick={() => setMax(max + MAX_ROWS)}>
            Show more
          </button>
        </p>
      )}
      <Legend />
    </section>
  );
}

interface RackRowProps {
  readonly rack: RackCoverage;
  readonly whole: RackCoverage;
  readonly view: SiteView;
}

const RackRow = ({ rack, whole, view }: RackRowProps): ReactNode => (
  <tr>
    <th scope="row">
      <a href={hrefOf('quality', { rack: rack.rackId || '-' })}>{rack.rackId || 'Without a rack'}</a>
    </th>
    <td>
      {rack.modules.toLocaleString('en')}
      {rack.silent > 0 && <span className="hole-note">, {rack.silent.toLocaleString('en')} silent</span>}
    </td>
    {view.signals.map(({ id }, i) => (
      <ShareCell
        key={id}
        delivered={rack.delivered[i]!}
        modules={rack.modules}
        faulty={rack.faulty[i]!}
        isKnownHere={whole.delivered[i]! > 0}
      />
    ))}
  </tr>
);

const Legend = (): ReactNode => (
  <ul className="matrix-legend">
    <li>
      <span className="share is-whole">●</span> every module delivers it
    </li>
    <li>
      <span className="share is-part">6/8</span> a hole: some do
    </li>
    <li>
      <span className="share is-hole">○</span> a hole: none of this rack does
    </li>
    <li>
      <span className="share is-faulty">▲ 1</span> delivered by a sensor that is ill
    </li>
    <li>
      <span className="share is-absent">–</span> nobody at this site delivers it
    </li>
  </ul>
);

/** What is not judged for want of data, and what would change it. */
function GapPanel({ coverage: { gaps, whole, impaired } }: { coverage: Coverage }): ReactNode {
  return (
    <section className="panel gaps" aria-labelledby="gaps-title">
      <h2 id="gaps-title">What cannot be judged</h2>
      <p className="explanation">
        {impaired === 0
          ? `All of ${countText(whole.modules, 'module')} deliver what every judgement needs.`
          : `${impaired.toLocaleString('en')} of ${countText(whole.modules, 'module')} are silent, or judged with something missing.`}
      </p>
      {whole.silent > 0 && (
        <Gap
          text={`silent: not judged at all`}
          modules={whole.silent}
          of={whole.modules}
          advice="Look at gateway and network first: silence is told as an alarm and never as normal."
        />
      )}
      {gaps.map(({ text, modules }) => (
        <Gap key={text} text={text} modules={modules} of={whole.modules} advice={adviceOnGap(text)} />
      ))}
      <p className="note">
        <a className="doc-link" href={documentHref('telemetry')}>
          Channels, units and names
        </a>
      </p>
    </section>
  );
}

interface GapProps {
  readonly text: string;
  readonly modules: number;
  readonly of: number;
  readonly advice: string | null;
}

const Gap = ({ text, modules, of, advice }: GapProps): ReactNode => (
  <div className="gap">
    <strong>{text}</strong>
    <span className="gap-count">
      {modules === of ? 'all modules' : `${modules.toLocaleString('en')} of ${countText(of, 'module')}`}
    </span>
    {advice && <p className="quiet">{advice}</p>}
  </div>
);
