/** Sensors over a simulated warehouse: what `preset` delivers of all its modules, as columns. */
import { simulate } from '@emberwatch/engine/physics';
import { measureModule, validateSensorPlan } from '@emberwatch/engine/sensors';
import type { Stats } from './job.ts';
import { siteScenario } from './simulator.ts';

const START_MS = 1_767_225_600_000;

/** Returns what is to be measured; the simulation is over by then, and the code compiled. */
export function sensorWork(preset: string, modules: number): () => Stats {
  const scenario = siteScenario('calm', modules, 1);
  const recordCellsOf = Array.from({ length: 8 }, (_, m) => `Rack0_Module0${m + 1}`);
  const { trajectory } = simulate({ ...scenario, recordCellsOf });
  const plan = validateSensorPlan({ preset });
  const work = (): Stats => {
    let rows = 0;
    let values = 0;
    for (let m = 0; m < trajectory.header.modules.length; m++) {
      const measured = measureModule(trajectory, m, plan, { seed: 1, startMs: START_MS });
      const { channels, cellVoltagesV, cellTemperaturesDegC } = measured;
      rows += measured.rows;
      values +=
        measured.rows * (channels.size + (cellVoltagesV?.length ?? 0) + (cellTemperaturesDegC?.length ?? 0));
    }
    return { rows, values };
  };
  work();
  return work;
}
