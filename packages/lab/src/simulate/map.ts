/** Which pairs of two parameters run away: run after run, with progress in between. */
import {
  mapRunaway,
  type RunawayMap,
  type Scenario,
  validateScenario,
  withDefault,
} from '@emberwatch/engine/physics';
import { InputError } from '@emberwatch/engine/telemetry';
import type { Axis } from './axis.ts';
import { keysOf } from './document.ts';
import type { ScenarioFile } from './scenario-file.ts';

export interface TruthMap extends RunawayMap {
  readonly name: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly wallMs: number;
}

/**
 * Runs the rack of the module once for each pair. Gives way to the event loop between two runs. Errors: `InputError`
 * where a path names no number or one of the values cannot be, before anything is run.
 */
export async function mapScenario(
  { file, scenario }: ScenarioFile,
  module: string,
  x: Axis,
  y: Axis,
  onProgress: (share: number) => void = () => {},
): Promise<TruthMap> {
  if (x.path === y.path) throw new InputError(`--x and --y both name ${x.path}`);
  const startedMs = performance.now();
  const whole = [x, y].reduce((at, axis) => withDefault(at, axis.path), scenario);
  for (const axis of [x, y])
    for (const value of axis.values)
      file.checked(() => validateScenario(withNumber(whole, axis.path, value)));
  const count = x.values.length * y.values.length;
  const runaway = new Uint8Array(count);
  const vented = new Uint8Array(count);
  const pnrS = new Float64Array(count);
  const peakDegC = new Float64Array(count);
  for (let at = 0; at < count; at++) {
    const i = at % x.values.length;
    const one = file.checked(() =>
      mapRunaway(
        whole,
        module,
        { path: x.path, values: [x.values[i]!] },
        { path: y.path, values: [y.values[(at - i) / x.values.length]!] },
      ),
    );
    runaway[at] = one.runaway[0]!;
    vented[at] = one.vented[0]!;
    pnrS[at] = one.pnrS[0]!;
    peakDegC[at] = one.peakDegC[0]!;
    onProgress((at + 1) / count);
    await new Promise((done) => setImmediate(done));
  }
  const wallMs = performance.now() - startedMs;
  return { name: scenario.name, module, x, y, runaway, vented, pnrS, peakDegC, wallMs };
}

function withNumber(scenario: Scenario, path: string, number: number): Scenario {
  const copy = structuredClone(scenario);
  const keys = keysOf(path);
  const last = keys.pop() ?? '';
  let holder: Record<string | number, unknown> | undefined = copy as unknown as Record<string, unknown>;
  for (const key of keys) {
    const next: unknown = holder && Object.hasOwn(holder, key) ? holder[key] : undefined;
    holder = typeof next === 'object' && next !== null ? (next as Record<string, unknown>) : undefined;
  }
  if (!holder || !Object.hasOwn(holder, last) || typeof holder[last] !== 'number')
    throw new InputError(`${path}: no number of the scenario has this path${namesIn(holder)}`);
  holder[last] = number;
  return copy;
}

function namesIn(holder: Record<string, unknown> | undefined): string {
  const names = Object.entries(holder ?? {}).flatMap(([key, value]) =>
    typeof value === 'number' ? [key] : [],
  );
  return names.length > 0 && !Array.isArray(holder) ? `; numbers beside it: ${names.join(', ')}` : '';
}

/** One line per pair and the header. */
export function mapCsv(map: TruthMap): string {
  const { x, y } = map;
  const lines = [`${x.path},${y.path},runaway,vented_only,time_to_pnr_threshold_s,peak_degc`];
  for (const [j, yValue] of y.values.entries()) {
    for (const [i, xValue] of x.values.entries()) {
      const at = j * x.values.length + i;
      const pnrS = map.pnrS[at]!;
      const pnr = Number.isNaN(pnrS) ? '' : pnrS.toFixed(1);
      lines.push(
        `${xValue},${yValue},${map.runaway[at]},${map.vented[at]},${pnr},${map.peakDegC[at]!.toFixed(2)}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
