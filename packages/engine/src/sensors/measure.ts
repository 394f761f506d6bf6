/**
 * The only bridge from truth to frames: what the sensors of a site would have delivered of a run. Columns first, module
 * by module; frames are read off them.
 */
import type { Trajectory } from '../physics/index.ts';
import { CHANNEL_INDEX, type Frame, newFrame } from '../telemetry/index.ts';
import type { MeasuredModule } from './measured.ts';
import { type ModuleOptions, measureModule } from './module.ts';
import type { SensorPlan } from './plan.ts';
import { validateSensorPlan } from './validate.ts';

export interface MeasureOptions extends ModuleOptions {
  /** The preset `rack` where there is none. */
  readonly plan?: SensorPlan;
  /** Share of values that do not arrive, of a plan that is not given. */
  readonly missingShare?: number;
}

/**
 * Frames of all modules in the order of arrival, module after module within an instant. The frame of a module is
 * reused for its next instant. The same trajectory and seed give the same frames.
 */
export function* measure(trajectory: Trajectory, options: MeasureOptions): Generator<Frame> {
  const { missingShare = 0 } = options;
  const plan = options.plan ?? validateSensorPlan({ preset: 'rack', missingShare });
  const players = trajectory.header.modules.map(
    (_, m) => new Player(measureModule(trajectory, m, plan, options)),
  );
  for (;;) {
    let nextS = Number.POSITIVE_INFINITY;
    for (const player of players) nextS = Math.min(nextS, player.nextS);
    if (nextS === Number.POSITIVE_INFINITY) return;
    for (const player of players) while (player.nextS <= nextS) yield player.frame();
  }
}

/** Reads frames off the columns of a module. */
class Player {
  /** When the next row arrives: a late one stands behind a newer one and comes with it. */
  nextS = Number.NEGATIVE_INFINITY;
  private readonly measured: MeasuredModule;
  private readonly now: Frame;
  private readonly columns: readonly (readonly [number, Float64Array])[];
  private row = -1;

  constructor(measured: MeasuredModule) {
    this.measured = measured;
    this.now = newFrame(measured.moduleId, measured.rackId);
    this.columns = [...measured.channels].map(([channel, column]) => [CHANNEL_INDEX[channel], column]);
    const { cellVoltagesV, cellTemperaturesDegC } = measured;
    if (cellVoltagesV) this.now.cellVoltagesV = new Float64Array(cellVoltagesV.length);
    if (cellTemperaturesDegC) this.now.cellTemperaturesDegC = new Float64Array(cellTemperaturesDegC.length);
    this.step();
  }

  frame(): Frame {
    const { now, row, measured } = this;
    now.timeMs = measured.timeMs[row]!;
    for (const [index, column] of this.columns) now.values[index] = column[row]!;
    measured.cellVoltagesV?.forEach((column, k) => {
      now.cellVoltagesV![k] = column[row]!;
    });
    measured.cellTemperaturesDegC?.forEach((column, k) => {
      now.cellTemperaturesDegC![k] = column[row]!;
    });
    this.step();
    return now;
  }

  private step(): void {
    this.row++;
    const timeS = this.measured.truthS[this.row];
    this.nextS = timeS === undefined ? Number.POSITIVE_INFINITY : Math.max(this.nextS, timeS);
  }
}
