/** What was told then, over what today's model says, module by module. */
import { MS_PER_S } from '@emberwatch/engine/units';
import type { ReactNode } from 'react';
import { LevelLine } from '../module/level-line.tsx';
import { moduleHref } from '../module/link.ts';
import type { Between } from '../module/span.ts';
import { countText, spanText } from '../ui/format.ts';
import { useTimes } from '../ui/times.ts';
import type { AlarmRecord } from '../wire.ts';
import { differenceText } from './compare.ts';
import type { Evaluation, Probability } from './evaluate.ts';
import { type Evaluating, LEAD_MS } from './evaluation.ts';
import { type Playhead, usePlay } from './playhead.ts';
import type { VerdictPair, Verdicts } from './verdicts.ts';

const SHOWN = 24;
const DIFFERENCES_SHOWN = 4;

const shortHash = (sha256: string): string => `${sha256.slice(0, 8)}…`;

/** Whether the alarms of then came from the model of today. */
function modelText({ model }: Evaluation, alarms: readonly AlarmRecord[]): string {
  const now = model ? `model ${model.name} (${shortHash(model.sha256)})` : 'the rules alone';
  const others = new Set(
    alarms.map(({ modelSha256 }) => modelSha256).filter((sha256) => sha256 !== (model?.sha256 ?? null)),
  );
  if (alarms.length === 0) return `Today judges ${now}.`;
  if (others.size === 0) return `Today judges ${now}, as then.`;
  const [before] = others;
  return `Today judges ${now}; then ${before ? `another model (${shortHash(before)})` : 'the rules alone'}.`;
}

function leadText({ firstMs }: Evaluation, { fromMs }: Between): string {
  const leadMs = fromMs - firstMs;
  if (!(leadMs > 0))
    return 'No frames are kept from before this time: the detector begins with it, and needs a while to know the modules.';
  const isWhole = leadMs > LEAD_MS - 60 * MS_PER_S;
  return `The detector began ${spanText(leadMs)} before${isWhole ? '' : ', as far back as frames are kept'}.`;
}

function resultText({ evaluated, differing }: Verdicts): string {
  if (differing === 0)
    return `${countText(evaluated, 'module')} judged again: the same levels at the same instants.`;
  return `${countText(evaluated, 'module')} judged again: ${countText(differing, 'differs', 'differ')}.`;
}

interface StatusProps {
  readonly evaluating: Evaluating;
  readonly verdicts: Verdicts;
  readonly alarms: readonly AlarmRecord[];
  readonly period: Between;
  /** Why only some of the site is judged again; null: all of it is. */
  readonly scopeText: string | null;
}

export function EvaluationStatus({
  evaluating,
  verdicts,
  alarms,
  period,
  scopeText,
}: StatusProps): ReactNode {
  const { state, start, cancel } = evaluating;
  const startButton = (text: string): ReactNode => (
    <button type="button" className="button" onClick={start}>
      {text}
    </button>
  );
  return (
    <div className="judging" role="status" data-step={state.step}>
      {state.step === 'idle' && startButton('Judge again with the model of today')}
      {state.step === 'running' && (
        <>
          <progress max={1} value={state.share} aria-label="Judged again" />
          <span>
            {state.frames.toLocaleString('en')} frames judged again, {Math.round(100 * state.share)} %
          </span>
          <button type="button" className="button" onClick={cancel}>
            Cancel
          </button>
        </>
      )}
      {state.step === 'failed' && (
        <>
          <span className="wrong">Not judged again: {state.message}</span>
          {startButton('Try again')}
        </>
      )}
      {state.step === 'judged' &&
        (state.evaluation.frames === 0 ? (
          <span>No exact frames are kept of this time: nothing can be judged again.</span>
        ) : (
          <span>
            <strong>{resultText(verdicts)}</strong>{' '}
            <span className="quiet">
              {modelText(state.evaluation, alarms)} {leadText(state.evaluation, period)}{' '}
              {state.evaluation.frames.toLocaleString('en')} frames
              {state.evaluation.refused > 0 && `, ${state.evaluation.refused} values or rows not readable`}.
              {state.evaluation.isCut && ' There were too many changes: the last ones are missing.'}
              {scopeText && ` ${scopeText}`}
            </span>
          </span>
        ))}
    </div>
  );
}

/** Highest probability at the top edge, none at the bottom; gaps where it could not judge. */
function ProbabilityLine({ probability, period }: { probability: Probability; period: Between }): ReactNode {
  const { timesMs, values } = probability;
  let path = '';
  let isOpen = false;
  timesMs.forEach((timeMs, at) => {
    const value = values[at] ?? null;
    if (value !== null) {
      const x = (1000 * (timeMs - period.fromMs)) / (period.toMs - period.fromMs);
      path += `${isOpen ? 'L' : 'M'}${x.toFixed(1)} ${(4 + 92 * (1 - value)).toFixed(1)}`;
    }
    isOpen = value !== null;
  });
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const highest = Math.max(...known);
  return (
    <svg
      className="probability"
      viewBox="0 0 1000 100"
      preserveAspectRatio="none"
      role="img"
      aria-label={`Probability of hazard, at most ${Math.round(100 * highest)} %`}
    >
      <path d={path} fill="none" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

interface LinesProps {
  readonly verdicts: Verdicts;
  readonly evaluation: Evaluation | null;
  readonly period: Between;
  readonly playhead: Playhead;
}

export function VerdictLines({ verdicts, evaluation, period, playhead }: LinesProps): ReactNode {
  const { pairs } = verdicts;
  if (pairs.length === 0)
    return <p className="quiet">No module was in alarm, then or by today's judgement.</p>;
  return (
    <>
      <ul className="pairs">
        {pairs.slice(0, SHOWN).map((pair) => (
          <Pair
            key={pair.moduleId}
            pair={pair}
            probability={evaluation?.probability[pair.moduleId] ?? null}
            period={period}
            playhead={playhead}
          />
        ))}
      </ul>
      {pairs.length > SHOWN && <p className="quiet">and {countText(pairs.length - SHOWN, 'more module')}</p>}
    </>
  );
}

interface PairProps {
  readonly pair: VerdictPair;
  readonly probability: Probability | null;
  readonly period: Between;
  readonly playhead: Playhead;
}

function Pair({ pair, probability, period, playhead }: PairProps): ReactNode {
  const { moduleId, then, now, differences } = pair;
  const times = useTimes();
  const sentences = differences.map((difference) => differenceText(difference, times.time));
  return (
    <li className={differences.length > 0 ? 'is-different' : ''} data-module={moduleId}>
      <div className="pair-head">
        <a href={moduleHref(moduleId, { kind: 'between', ...period })}>{moduleId}</a>
        <span className={differences.length > 0 ? 'difference' : 'quiet'}>
          {now === null
            ? ''
            : sentences.length === 0
              ? 'the same'
              : sentences.slice(0, DIFFERENCES_SHOWN).join('. ') +
                (sentences.length > DIFFERENCES_SHOWN
                  ? `. And ${sentences.length - DIFFERENCES_SHOWN} more`
                  : '')}
        </span>
      </div>
      <div className="pair-lines">
        <span className="pair-name">then</span>
        <LevelLine label={`${moduleId}, told then`} stretches={then} bounds={period} />
        {now && (
          <>
            <span className="pair-name">today</span>
            <LevelLine label={`${moduleId}, by the model of today`} stretches={now} bounds={period} />
          </>
        )}
        {probability && (
          <>
            <span className="pair-name">hazard</span>
            <ProbabilityLine probability={probability} period={period} />
          </>
        )}
        <Needle period={period} playhead={playhead} />
      </div>
    </li>
  );
}

/** Where one stands, through all lines of a module. */
function Needle({ period, playhead }: { period: Between; playhead: Playhead }): ReactNode {
  const { timeMs } = usePlay(playhead);
  const share = (timeMs - period.fromMs) / (period.toMs - period.fromMs);
  return (
    <span className="needle-room" aria-hidden>
      <span className="needle" style={{ left: `${100 * share}%` }} />
    </span>
  );
}
