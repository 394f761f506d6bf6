/** The strength of a fault for a wanted time to the point of no return, in the text of the scenario. */
import { type SizedFault, sizeFault, strengthFaultOf } from '@emberwatch/engine/physics';
import { InputError } from '@emberwatch/engine/telemetry';
import type { ScenarioFile } from './scenario-file.ts';

export interface SolvedScenario extends Omit<SizedFault, 'changes'> {
  /** The scenario with this strength as text, comments kept; null where none was found. */
  readonly yaml: string | null;
  readonly wallMs: number;
}

/** Errors: `InputError` where the module has no fault with a strength. */
export function solveScenario(source: ScenarioFile, module: string, wantedS: number): SolvedScenario {
  const startedMs = performance.now();
  const { file, scenario } = source;
  if (!strengthFaultOf(scenario, module)) {
    const kinds = [...new Set(scenario.faults.map(({ kind }) => kind))].join(', ');
    throw new InputError(
      `${file.path}: ${module} has no fault that can be made stronger (the scenario has ${kinds || 'no fault'})`,
    );
  }
  const { changes, ...sized } = file.checked(() => sizeFault(scenario, module, wantedS));
  const yaml = sized.found ? file.withNumbers(changes) : null;
  return { ...sized, yaml, wallMs: performance.now() - startedMs };
}
