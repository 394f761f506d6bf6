/** The strength of a fault for a wanted time to the point of no return, confirmed by a run of the whole site. */
import {
  type StrengthSolution,
  simulate,
  solveFaultStrength,
  validateScenario,
} from '@emberwatch/engine/physics';
import { InputError } from '@emberwatch/engine/telemetry';
import { type ScenarioFile, strengthFaultOf } from './scenarioFile.ts';

const STRENGTH_DIGITS = 7;
/** A solved scenario runs this much longer than to its point of no return, so that the runaway is in it. */
const DURATION_MARGIN = 1.5;
const DURATION_STEP_S = 600;

export interface SolvedScenario {
  readonly module: string;
  readonly wantedS: number;
  /** Kind of the fault and path of its strength in the scenario, such as `faults[0].resistanceOhm`. */
  readonly faultKind: string;
  readonly path: string;
  readonly onsetS: number;
  readonly solution: StrengthSolution;
  /** Strength as it is written down. */
  readonly strength: number | null;
  /** Time from the onset in a run of the whole site with this strength; null where none was found. */
  readonly confirmedS: number | null;
  /** The scenario with this strength as text, comments kept; null where none was found. */
  readonly yaml: string | null;
  readonly wallMs: number;
}

/** Errors: `InputError` where the module has no fault with a strength. */
export function solveScenario(
  { file, scenario }: ScenarioFile,
  module: string,
  wantedS: number,
): SolvedScenario {
  const startedMs = performance.now();
  const fault = strengthFaultOf(scenario, module);
  if (!fault) {
    const kinds = [...new Set(scenario.faults.map(({ kind }) => kind))].join(', ');
    throw new InputError(
      `${file.path}: ${module} has no fault that can be made stronger (the scenario has ${kinds || 'no fault'})`,
    );
  }
  const { index, entry, kind } = fault;
  const onsetS = entry.startS ?? 0;
  const path = `faults[${index}].${kind.strength!.parameter}`;
  const solution = file.checked(() => solveFaultStrength(scenario, module, wantedS));
  const found = { module, wantedS, faultKind: kind.kind, path, onsetS, solution };
  if (solution.strength === null)
    return { ...found, strength: null, confirmedS: null, yaml: null, wallMs: performance.now() - startedMs };
  const strength = Number(solution.strength.toPrecision(STRENGTH_DIGITS));
  const endS = onsetS + wantedS * DURATION_MARGIN;
  const durationS = Math.max(scenario.durationS, Math.ceil(endS / DURATION_STEP_S) * DURATION_STEP_S);
  const solved = validateScenario({
    ...scenario,
    durationS,
    recordCellsOf: [],
    faults: scenario.faults.map((other, f) =>
      f === index ? { ...other, [kind.strength!.parameter]: strength } : other,
    ),
  });
  const event = simulate(solved).events.find((candidate) => candidate.module === module);
  const pnrS = event?.pnrThresholdS ?? null;
  const changes: (readonly [string, unknown])[] = [[path, strength]];
  if (durationS !== scenario.durationS) changes.push(['durationS', durationS]);
  return {
    ...found,
    strength,
    confirmedS: pnrS === null ? null : pnrS - onsetS,
    yaml: file.withValues(changes),
    wallMs: performance.now() - startedMs,
  };
}
