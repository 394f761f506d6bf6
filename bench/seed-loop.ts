/**
 * The yardstick of the simulator: one core and one surface per module, explicit Euler, an ambient and a load profile,
 * a short whose heat ramps up, cooling that partly fails. Nothing else: no chemistry, no cells, no voltage but a
 * straight line, no gas, no air of racks or rooms, no neighbours, no error control, no energy balance.
 */
import type { Stats } from './job.ts';

const MODULES = 64;
const DURATION_S = 21_600;
const ROW_S = 10;
const [CORE_J_PER_K, SURFACE_J_PER_K] = [86_000, 12_000];
const [CORE_TO_SURFACE_W_PER_K, SURFACE_TO_AIR_W_PER_K] = [30, 18];
const [CAPACITY_AH, RESISTANCE_OHM, CURRENT_A] = [280, 0.004, 28];
const [FAULTY, FAULT_S, BASE_HEAT_W, MAX_HEAT_W, RAMP_S] = [8, 3600, 200, 2500, 7200];
const [COOLING_LEFT, PNR_DEG_C] = [0.3, 140];
const [AMBIENT_DEG_C, SWING_DEG_C, START_CHARGE] = [25, 3, 0.9];

const loadA = (timeS: number): number => {
  const phaseS = timeS % 7200;
  if (phaseS < 3000) return CURRENT_A;
  return phaseS >= 3600 && phaseS < 6600 ? -CURRENT_A : 0;
};

export function seedLoop(stepS: number): Stats {
  const rows = new Float32Array(((DURATION_S / ROW_S) * MODULES + MODULES) * 5);
  const core = new Float64Array(MODULES).fill(AMBIENT_DEG_C);
  const surface = new Float64Array(MODULES).fill(AMBIENT_DEG_C);
  const charge = new Float64Array(MODULES).fill(START_CHARGE);
  let [at, pnrS] = [0, Number.NaN];
  for (let timeS = 0; timeS < DURATION_S; timeS += stepS) {
    const ambientDegC = AMBIENT_DEG_C + SWING_DEG_C * Math.sin((2 * Math.PI * timeS) / DURATION_S);
    const currentA = loadA(timeS);
    for (let m = 0; m < MODULES; m++) {
      const isFaulty = m === FAULTY && timeS >= FAULT_S;
      const ramp = Math.min((timeS - FAULT_S) / RAMP_S, 1);
      const shortW = isFaulty ? BASE_HEAT_W + (MAX_HEAT_W - BASE_HEAT_W) * ramp : 0;
      const cooling = isFaulty ? COOLING_LEFT : 1;
      const outwardW = CORE_TO_SURFACE_W_PER_K * (core[m]! - surface[m]!);
      const airW = cooling * SURFACE_TO_AIR_W_PER_K * (surface[m]! - ambientDegC);
      core[m]! += (stepS * (currentA * currentA * RESISTANCE_OHM + shortW - outwardW)) / CORE_J_PER_K;
      surface[m]! += (stepS * (outwardW - airW)) / SURFACE_J_PER_K;
      charge[m] = Math.min(Math.max(charge[m]! + (currentA * stepS) / (3600 * CAPACITY_AH), 0), 1);
      if (core[m]! > PNR_DEG_C && Number.isNaN(pnrS)) pnrS = timeS;
      if (timeS % ROW_S !== 0) continue;
      rows[at++] = core[m]!;
      rows[at++] = surface[m]!;
      rows[at++] = 48 + 6 * charge[m]! + RESISTANCE_OHM * currentA;
      rows[at++] = currentA;
      rows[at++] = charge[m]!;
    }
  }
  return { moduleS: MODULES * DURATION_S, updates: (MODULES * DURATION_S) / stepS, pnrS };
}
