/** Which signals share a panel, in which dash, with which limits of the policy. */
import { type AlarmLevel, type FeatureId, POLICY } from '@emberwatch/engine/detector';
import { PAINT } from '../svg/paint.ts';
import { TRACE_SIGNALS, type Trace, type TraceSignal } from '../watch/trace.ts';
import { type Axis, axisOf, rangeOf } from './points.ts';

export interface Line {
  readonly signal: TraceSignal;
  readonly name: string;
  readonly color: string;
  readonly dash: number[] | 'solid';
  /** Whose limits the line is held against. */
  readonly feature?: FeatureId;
}

interface PanelPlan {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  /** Noise is not blown up beyond this. */
  readonly minSpan: number;
  /** A limit is drawn when the line comes so near to it; all limits are named in the title. */
  readonly reach: number;
}

const SOLID = 'solid' as const;
const DASHED = [6, 3];
const DOTTED = [1.5, 2.5];

const line = (
  signal: TraceSignal,
  name: string,
  color: string,
  dash: Line['dash'],
  feature?: FeatureId,
): Line => ({ signal, name, color, dash, ...(feature && { feature }) });

const PLANS: readonly PanelPlan[] = [
  {
    title: 'Temperature',
    unit: '°C',
    minSpan: 4,
    reach: 15,
    lines: [
      line('hottestDegC', 'hottest', PAINT.first, SOLID, 'hottestDegC'),
      line('meanDegC', 'mean', PAINT.second, DASHED),
      line('ambientDegC', 'ambient', PAINT.third, DOTTED),
    ],
  },
  {
    title: 'Heating that the load does not explain',
    unit: 'K/min',
    minSpan: 1,
    reach: 2,
    lines: [line('heatingKPerMin', '', PAINT.first, SOLID, 'heatingKPerMin')],
  },
  {
    title: 'Voltage',
    unit: 'V',
    minSpan: 0.2,
    reach: 0,
    lines: [line('voltageV', '', PAINT.second, SOLID)],
  },
  {
    title: 'Current (positive charges)',
    unit: 'A',
    minSpan: 1,
    reach: 0,
    lines: [line('currentA', '', PAINT.second, SOLID)],
  },
  {
    title: 'State of charge',
    unit: '%',
    minSpan: 2,
    reach: 0,
    lines: [line('socPercent', '', PAINT.third, SOLID)],
  },
  {
    title: 'Cell voltages',
    unit: 'V',
    minSpan: 0.05,
    reach: 0,
    lines: [
      line('cellHighestV', 'highest', PAINT.third, DOTTED),
      line('cellMeanV', 'mean', PAINT.second, DASHED),
      line('cellLowestV', 'lowest', PAINT.first, SOLID),
    ],
  },
  {
    title: 'Lowest cell below the median of all',
    unit: 'mV',
    minSpan: 20,
    reach: 60,
    lines: [line('cellLowMv', '', PAINT.first, SOLID, 'cellLowMv')],
  },
  {
    title: 'Gas',
    unit: 'ppm',
    minSpan: 10,
    reach: 50,
    lines: [
      line('coPpm', 'CO', PAINT.first, SOLID, 'coPpm'),
      line('h2Ppm', 'H₂', PAINT.second, DASHED, 'h2Ppm'),
      line('vocPpm', 'VOC', PAINT.third, DOTTED),
    ],
  },
  {
    title: 'Probability of hazard by the model',
    unit: '0 to 1',
    minSpan: 0.2,
    reach: 0,
    lines: [line('hazardProbability', '', PAINT.first, SOLID)],
  },
];

export interface Limit {
  readonly level: AlarmLevel;
  readonly value: number;
  /** Such as `warning 60`. */
  readonly text: string;
}

export interface Panel {
  readonly title: string;
  /** The limits in words, drawn or not. */
  readonly limitText: string;
  readonly lines: readonly Line[];
  /** Those that are drawn. */
  readonly limits: readonly Limit[];
  readonly axis: Axis;
}

function limitsOf({ feature, name }: Line, severalLimited: boolean): Limit[] {
  return POLICY.thresholds
    .filter((row) => row.feature === feature)
    .map(({ level, limit, also }) => {
      const text = `${severalLimited ? `${name} ` : ''}${level} ${limit}${also ? '*' : ''}`;
      return { level, value: limit, text };
    });
}

/** Only panels and lines with at least one value. */
export function panelsOf(trace: Trace): Panel[] {
  return PLANS.flatMap((plan) => {
    const ranges = plan.lines.map(({ signal }) => rangeOf(trace.signals[TRACE_SIGNALS.indexOf(signal)]!));
    const lines = plan.lines.filter((_, i) => ranges[i] !== null);
    if (lines.length === 0) return [];
    const severalLimited = lines.filter(({ feature }) => feature).length > 1;
    const limits: Limit[] = [];
    const all: Limit[] = [];
    plan.lines.forEach((drawn, i) => {
      const range = ranges[i];
      if (!range) return;
      const own = limitsOf(drawn, severalLimited);
      all.push(...own);
      limits.push(...own.filter(({ value }) => value <= range.high + plan.reach));
    });
    const low = Math.min(...ranges.map((range) => range?.low ?? Number.POSITIVE_INFINITY));
    const high = Math.max(
      ...ranges.map((range) => range?.high ?? Number.NEGATIVE_INFINITY),
      ...limits.map(({ value }) => value),
    );
    const hidden = all.filter((limit) => !limits.includes(limit)).map(({ text }) => text);
    const notes = hidden.length > 0 ? [`limits above the picture: ${hidden.join(', ')}`] : [];
    if (all.some(({ text }) => text.endsWith('*'))) notes.push('*only while heating');
    return {
      title: `${plan.title}, ${plan.unit}`,
      limitText: notes.join('; '),
      lines,
      limits,
      axis: axisOf(low, high, plan.minSpan),
    };
  });
}
