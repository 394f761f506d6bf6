/** The detector on frames in memory, and a yardstick beside it. */
import { Detector, levelRank } from '@emberwatch/engine/detector';
import { createRandom } from '@emberwatch/engine/random';
import { CHANNEL_INDEX, type Frame, newFrame } from '@emberwatch/engine/telemetry';
import type { Stats } from './job.ts';

const MODULES = 64;
const MODULES_PER_RACK = 16;
const INSTANTS = 400;
const LAPS = 10;
const INTERVAL_MS = 1000;

/** A site with a load that swings, one frame a second, rounded as sensors round. */
export function syntheticFrames(cells: number, probes: number): Frame[] {
  const random = createRandom(1, `${cells}/${probes}`);
  const frames: Frame[] = [];
  for (let instant = 0; instant < INSTANTS; instant++) {
    const swing = Math.sin((2 * Math.PI * instant) / INSTANTS);
    const noisy = (value: number, spread: number, step: number): number =>
      Math.round((value + spread * random.normal()) / step) * step;
    for (let k = 0; k < MODULES; k++) {
      const rack = Math.floor(k / MODULES_PER_RACK);
      const frame = newFrame(`Rack${rack}_Module${k}`, `Rack${rack}`, instant * INTERVAL_MS);
      const { values } = frame;
      values[CHANNEL_INDEX.surface_temperature_mean_degc] = noisy(25 + 2 * swing, 0.1, 0.1);
      values[CHANNEL_INDEX.surface_temperature_max_degc] = noisy(26 + 2 * swing, 0.1, 0.1);
      values[CHANNEL_INDEX.voltage_v] = noisy(52 + swing, 0.02, 0.01);
      values[CHANNEL_INDEX.current_a] = noisy(100 * swing, 0.5, 0.1);
      values[CHANNEL_INDEX.soc_percent] = noisy(50 + 5 * swing, 0, 0.1);
      values[CHANNEL_INDEX.co_ppm] = noisy(2, 0.5, 1);
      values[CHANNEL_INDEX.h2_ppm] = noisy(2, 0.5, 1);
      values[CHANNEL_INDEX.voc_ppm] = noisy(2, 0.2, 0.1);
      values[CHANNEL_INDEX.ambient_temperature_degc] = noisy(22, 0.1, 0.1);
      if (cells > 0)
        frame.cellVoltagesV = Float64Array.from({ length: cells }, () =>
          noisy(3.25 + swing / 16, 0.002, 0.001),
        );
      if (probes > 0)
        frame.cellTemperaturesDegC = Float64Array.from({ length: probes }, () =>
          noisy(25 + 2 * swing, 0.2, 0.1),
        );
      frames.push(frame);
    }
  }
  return frames;
}

/** Gives the frames again and again, time running on. */
function laps(frames: readonly Frame[], observe: (frame: Frame) => void): number {
  for (let lap = 0; lap < LAPS; lap++)
    for (const frame of frames) {
      observe(frame);
      frame.timeMs += INSTANTS * INTERVAL_MS;
    }
  return LAPS * frames.length;
}

export function evaluateLaps(frames: readonly Frame[]): Stats {
  let alarms = 0;
  const change = ({ to }: { to: Parameters<typeof levelRank>[0] }): void => {
    if (levelRank(to) > levelRank('normal')) alarms++;
  };
  const detector = new Detector({ nameplate: { capacityAh: 280, cellsInSeries: 16 }, sink: { change } });
  const count = laps(frames, (frame) => detector.observe(frame));
  detector.finish();
  return { frames: count, alarms };
}

/** As little as a watch can do: every value and its change per second against a limit. */
export function yardstickLaps(frames: readonly Frame[]): Stats {
  const limit = 100;
  const none = new Float64Array(0);
  let alarms = 0;
  const previous = new Map<string, { timeMs: number; readonly arrays: readonly Float64Array[] }>();
  const count = laps(frames, ({ moduleId, timeMs, values, cellVoltagesV, cellTemperaturesDegC }) => {
    const arrays = [values, cellVoltagesV ?? none, cellTemperaturesDegC ?? none];
    const before = previous.get(moduleId);
    if (!before) {
      previous.set(moduleId, { timeMs, arrays: arrays.map((array) => array.slice()) });
      return;
    }
    const elapsedS = (timeMs - before.timeMs) / 1000;
    for (let a = 0; a < arrays.length; a++) {
      const [now, then] = [arrays[a]!, before.arrays[a]!];
      for (let i = 0; i < now.length; i++) {
        if (now[i]! > limit || (now[i]! - then[i]!) / elapsedS > limit) alarms++;
        then[i] = now[i]!;
      }
    }
    before.timeMs = timeMs;
  });
  return { frames: count, alarms };
}
