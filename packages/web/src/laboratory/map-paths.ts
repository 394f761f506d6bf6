/** Numbers of an experiment that a map can go over, each with a stretch to begin with. */
import { axisValues, type MapAxis, type Scenario, strengthOf } from '@emberwatch/engine/physics';
import { faultKindOf, kindText } from './fault-form.tsx';

export interface MapPath {
  /** As `emberwatch runaway-map` takes it. */
  readonly path: string;
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly isLog: boolean;
}

const SURROUNDINGS: readonly MapPath[] = [
  { path: 'module.startCharge', text: 'Charge at the start, share', from: 0.1, to: 1, isLog: false },
  { path: 'module.caseToAirWPerK', text: 'Cooling by air, W/K', from: 1, to: 100, isLog: true },
  { path: 'module.coolantWPerK', text: 'Cooling by liquid, W/K', from: 0, to: 100, isLog: false },
  { path: 'module.cellToCellWPerK', text: 'From cell to cell, W/K', from: 0.1, to: 10, isLog: true },
  { path: 'module.cellToCaseWPerK', text: 'From cell to case, W/K', from: 0.1, to: 10, isLog: true },
  {
    path: 'ambientDegC.points[0][1]',
    text: 'Ambient temperature at the start, °C',
    from: 0,
    to: 60,
    isLog: false,
  },
  { path: 'module.reactionHeatFactor', text: 'Heat of reactions, factor', from: 0.5, to: 1.5, isLog: false },
];

/** Around what the experiment has, within what may be. */
function around(value: number, low: number, high: number): Pick<MapPath, 'from' | 'to' | 'isLog'> {
  if (value <= 0) return { from: low, to: Math.min(high, 1), isLog: false };
  const from = Number(Math.max(low, value / 5).toPrecision(2));
  const to = Number(Math.min(high, value * 5).toPrecision(2));
  return { from, to, isLog: from > 0 };
}

/** Strengths of faults first: they are what one asks for. */
export function mapPathsOf(scenario: Scenario): MapPath[] {
  const faults = scenario.faults.flatMap((entry, at) => {
    const kind = faultKindOf(entry);
    const strength = kind?.strength && strengthOf(kind.strength, entry).parameter;
    return (kind?.parameters ?? []).flatMap((parameter): (MapPath & { readonly isStrength: boolean })[] => {
      const { name, low, high, fallback, about } = parameter;
      const value = entry[name] ?? fallback;
      // Cells are counted, and what has no end has no middle.
      if (typeof value !== 'number' || /[cC]ells?$|pattern/.test(name) || value >= 1e9) return [];
      if (name === kind?.strength?.or && entry[name] === undefined) return [];
      return [
        {
          path: `faults[${at}].${name}`,
          text: `${kindText(entry.kind)}: ${about}`,
          ...around(value, low, high),
          isStrength: name === strength,
        },
      ];
    });
  });
  const strengths = faults.filter(({ isStrength }) => isStrength);
  const others = faults.filter(({ isStrength }) => !isStrength);
  // Of a profile no single number can be changed in the experiment.
  const isSteady = scenario.ambientDegC.points.length === 1;
  const surroundings = SURROUNDINGS.filter(({ path }) => isSteady || !path.startsWith('ambientDegC'));
  return [...strengths, ...surroundings, ...others].map(({ path, text, from, to, isLog }) => ({
    path,
    text,
    from,
    to,
    isLog,
  }));
}

const MAX_STEPS = 30;

export interface AxisChoice {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly steps: number;
  readonly isLog: boolean;
}

/** What is wrong with the axis, or null. */
export function wrongWith({ from, to, steps, isLog }: AxisChoice): string | null {
  if (!(from < to)) return 'The first value must be below the last.';
  if (!Number.isInteger(steps) || steps < 2 || steps > MAX_STEPS) return `Between 2 and ${MAX_STEPS} values.`;
  return isLog && from <= 0 ? 'A logarithmic axis starts above 0.' : null;
}

export const axisOf = ({ path, from, to, steps, isLog }: AxisChoice): MapAxis => ({
  path,
  values: axisValues(from, to, steps, isLog),
});

/** The axis as the command line takes it. */
export const axisText = ({ path, from, to, steps, isLog }: AxisChoice): string =>
  `'${path}=${from}..${to}:${steps}${isLog ? ':log' : ''}'`;
