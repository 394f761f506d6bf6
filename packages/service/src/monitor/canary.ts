/**
 * A test hazard, judged now and then by a detector of its own with the model and policy of the site: where it is not
 * found, the chain of judgement is broken, and quiet modules mean nothing.
 */
import { Detector, type DetectorOptions, type Level } from '@emberwatch/engine/detector';
import { CHANNEL_INDEX, newFrame } from '@emberwatch/engine/telemetry';

const CALM_S = 300;
const HEATING_S = 240;
const CALM_DEGC = 25;
/** Heats as a cell does that cannot be stopped any more; passes 120 °C after two minutes. */
const HEATING_K_PER_S = 0.8;
const SAG_V_PER_S = 0.12;
const CALM_V = 51.2;
/** Sensors are never quite still. */
const FLICKER = 0.05;

export interface CanaryResult {
  readonly isFound: boolean;
  /** In words, where it was not. */
  readonly why: string | null;
  /** How long after the heating began it was critical, s of the test. */
  readonly criticalAfterS: number | null;
}

/** @throws nothing: a detector that fails is a result */
export function testHazard(options: Omit<DetectorOptions, 'sink' | 'clock'>): CanaryResult {
  const missed = (why: string): CanaryResult => ({ isFound: false, why, criticalAfterS: null });
  try {
    const detector = new Detector(options);
    const frame = newFrame('canary', null);
    let level: Level = 'unknown';
    for (let atS = 0; atS < CALM_S + HEATING_S; atS++) {
      const heatedS = Math.max(0, atS - CALM_S);
      const flicker = FLICKER * (((atS * 7) % 5) - 2);
      const degC = CALM_DEGC + HEATING_K_PER_S * heatedS + flicker;
      frame.timeMs = atS * 1000;
      frame.values[CHANNEL_INDEX.surface_temperature_max_degc] = degC;
      frame.values[CHANNEL_INDEX.surface_temperature_mean_degc] = CALM_DEGC + 0.5 * (degC - CALM_DEGC);
      frame.values[CHANNEL_INDEX.voltage_v] = CALM_V - SAG_V_PER_S * heatedS + 0.1 * flicker;
      frame.values[CHANNEL_INDEX.current_a] = 0;
      detector.observe(frame);
      level = detector.verdict('canary')!.level;
      if (heatedS === 0 && atS > CALM_S / 2 && level !== 'normal')
        return missed(`the calm test module is ${level} instead of normal`);
      if (level === 'critical') return { isFound: true, why: null, criticalAfterS: heatedS };
    }
    return missed(
      `a module that heats to ${CALM_DEGC + HEATING_K_PER_S * HEATING_S} °C is ${level} instead of critical`,
    );
  } catch (error) {
    return missed(`the detector failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
