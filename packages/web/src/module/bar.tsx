/** Which time is shown, what of it, and how to take it away. */
import { MS_PER_S } from '@emberwatch/engine/units';
import { type ReactNode, useId, useState } from 'react';
import type { ModuleIndex } from '../live/module-index.ts';
import { naturalOrder } from '../live/names.ts';
import { Choice } from '../ui/choice.tsx';
import { spanText } from '../ui/format.ts';
import { useTimes } from '../ui/times.ts';
import type { Shown } from './history.ts';
import { COMPARED_COLOURS } from './panel-options.ts';
import { type Between, QUICK, type QuickId, type Span } from './span.ts';

const TIER_TEXT = { raw: 'Frames', '1min': 'Minutes', '15min': 'Quarters of an hour' } as const;

/** Which data are drawn: a coarse line must not be taken for an exact one. */
export function tierText({ histories }: Pick<Shown, 'histories'>): string {
  const [first] = histories;
  if (!first) return '';
  const { tier, stepMs, timesMs } = first;
  if (stepMs === 0) return `${timesMs.length.toLocaleString('en')} exact frames`;
  return `${TIER_TEXT[tier]} in steps of ${spanText(stepMs)}, with lowest and highest`;
}

const isThere = (shown: Shown, bounds: Between | null): boolean =>
  shown.bounds.fromMs === bounds?.fromMs && shown.bounds.toMs === bounds.toMs;

interface BarProps {
  readonly span: Span;
  readonly bounds: Between | null;
  readonly shown: Shown | null;
  readonly canGoBack: boolean;
  readonly onSpan: (span: Span) => void;
  readonly onBack: () => void;
}

/** Shorter ones hold no frames. */
const MIN_MS = 10 * MS_PER_S;

/** Half of the span, to either side. */
function moved({ fromMs, toMs }: Between, share: number): Span {
  const byMs = (toMs - fromMs) * share;
  return { kind: 'between', fromMs: fromMs + byMs, toMs: toMs + byMs };
}

function scaled({ fromMs, toMs }: Between, factor: number): Span {
  const halfMs = Math.max((toMs - fromMs) * factor, MIN_MS) / 2;
  const middleMs = (fromMs + toMs) / 2;
  return { kind: 'between', fromMs: middleMs - halfMs, toMs: middleMs + halfMs };
}

export function SpanBar({ span, bounds, shown, canGoBack, onSpan, onBack }: BarProps): ReactNode {
  const times = useTimes();
  const step = (text: string, name: string, next: (bounds: Between) => Span): ReactNode => (
    <button
      type="button"
      className="button"
      aria-label={name}
      title={name}
      disabled={!bounds}
      onClick={() => bounds && onSpan(next(bounds))}
    >
      {text}
    </button>
  );
  return (
    <div className="span-bar">
      <Choice
        label="Time shown"
        options={QUICK.map(({ id, text }) => ({ value: id, text }))}
        value={span.kind === 'last' ? span.id : ('' as QuickId)}
        onChoose={(id) => onSpan({ kind: 'last', id })}
      />
      <span className="span-steps">
        {step('◀', 'Earlier', (now) => moved(now, -0.5))}
        {step('▶', 'Later', (now) => moved(now, 0.5))}
        {step('+', 'Zoom in', (now) => scaled(now, 0.5))}
        {step('−', 'Zoom out', (now) => scaled(now, 2))}
        <button type="button" className="button" disabled={!canGoBack} onClick={onBack}>
          Back
        </button>
      </span>
      <span className="span-text">
        {bounds && (
          <>
            <b>{span.kind === 'last' ? 'Follows' : 'Past'}</b> {times.date(bounds.fromMs)}{' '}
            {times.time(bounds.fromMs)} – {times.short(bounds.toMs, bounds.fromMs)}{' '}
            {times.zoneName(bounds.fromMs)}
          </>
        )}
        {shown && (
          <small data-tier={shown.histories[0]?.tier}>
            {isThere(shown, bounds) ? tierText(shown) : 'Loading…'}
          </small>
        )}
      </span>
    </div>
  );
}

interface CompareProps {
  readonly moduleId: string;
  readonly compared: readonly string[];
  readonly moduleIndex: ModuleIndex;
  readonly onCompare: (compared: readonly string[]) => void;
}

/** More names than this are found by typing. */
const MAX_OFFERED = 60;

export function Compare({ moduleId, compared, moduleIndex, onCompare }: CompareProps): ReactNode {
  const [text, setText] = useState('');
  const list = useId();
  const offered = [...moduleIndex.all()]
    .map((module) => module.moduleId)
    .filter(
      (id) => id !== moduleId && !compared.includes(id) && id.toLowerCase().includes(text.toLowerCase()),
    )
    .sort(naturalOrder)
    .slice(0, MAX_OFFERED);
  const add = (name: string): void => {
    setText(name);
    if (!moduleIndex.get(name) || name === moduleId || compared.includes(name)) return;
    setText('');
    onCompare([...compared, name]);
  };
  return (
    <div className="compare">
      {compared.map((id, k) => (
        <span key={id} className={`compared compared-${k + 1}`}>
          {id}
          <button
            type="button"
            aria-label={`Compare with ${id} no longer`}
            onClick={() => onCompare(compared.filter((other) => other !== id))}
          >
            ✕
          </button>
        </span>
      ))}
      {compared.length < COMPARED_COLOURS.length && (
        <>
          <input
            aria-label="Compare with a module"
            placeholder="Compare with…"
            list={list}
            value={text}
            onChange={({ target }) => add(target.value)}
          />
          <datalist id={list}>
            {offered.map((id) => (
              <option key={id} value={id} />
            ))}
          </datalist>
        </>
      )}
    </div>
  );
}
