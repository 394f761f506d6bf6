/** Which time is replayed. */
import { MS_PER_DAY, MS_PER_H } from '@emberwatch/engine/units';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { Between } from '../module/span.ts';
import { useTimes } from '../ui/times.ts';
import { fieldText, timeOfField } from './local-time.ts';

/** Longer ones are looked at as history of a module. */
export const LONGEST_MS = 7 * MS_PER_DAY;

interface PeriodFormProps {
  readonly period: Between;
  readonly onChoose: (period: Between) => void;
}

function problemOf({ fromMs, toMs }: Between): string | null {
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return 'Both times are needed.';
  if (fromMs >= toMs) return 'The beginning must lie before the end.';
  if (toMs - fromMs > LONGEST_MS) return `At most ${LONGEST_MS / MS_PER_DAY} days are replayed.`;
  return null;
}

export function PeriodForm({ period, onChoose }: PeriodFormProps): ReactNode {
  const times = useTimes();
  const [texts, setTexts] = useState<{ from: string; to: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const shown = texts ?? { from: fieldText(times, period.fromMs), to: fieldText(times, period.toMs) };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = { fromMs: timeOfField(times, shown.from), toMs: timeOfField(times, shown.to) };
    const wrong = problemOf(wanted);
    setProblem(wrong);
    if (wrong === null) onChoose(wanted);
  };
  const field = (name: 'from' | 'to', label: string): ReactNode => (
    <label>
      {label}
      <input
        type="datetime-local"
        step={1}
        value={shown[name]}
        onChange={({ target }) => setTexts({ ...shown, [name]: target.value })}
      />
    </label>
  );
  const around = (byMs: number): void => onChoose({ fromMs: period.fromMs + byMs, toMs: period.toMs + byMs });
  const lengthMs = Math.min(period.toMs - period.fromMs, MS_PER_H);
  return (
    <form className="period-form" onSubmit={onSubmit}>
      {field('from', 'From')}
      {field('to', 'to')}
      <span className="quiet">{times.zoneName(period.fromMs)}</span>
      <button type="submit" className="button">
        Show
      </button>
      <button
        type="button"
        className="button"
        aria-label="Earlier"
        title="Earlier"
        onClick={() => around(-lengthMs)}
      >
        ◀
      </button>
      <button
        type="button"
        className="button"
        aria-label="Later"
        title="Later"
        onClick={() => around(lengthMs)}
      >
        ▶
      </button>
      {problem && (
        <span className="wrong" role="alert">
          {problem}
        </span>
      )}
    </form>
  );
}
