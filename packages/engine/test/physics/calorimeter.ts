/**
 * An accelerating-rate calorimeter around one cell of a type. The heater gives the mean of heat–wait–seek all the
 * time, as the instrument does again whenever an opened vent has cooled the cell; self-heating is what comes on top.
 */
import { simulate, validateScenario } from '../../src/physics/index.ts';
import { degCOfKelvin } from '../../src/units.ts';

export interface Calorimetry {
  /** First self-heating of 0.02 K/min, rise of 1 K/s, and maximum; °C or null. */
  readonly t1DegC: number | null;
  readonly t2DegC: number | null;
  readonly t3DegC: number;
  readonly ventDegC: number | null;
}

const SEEK_K_PER_S = 0.02 / 60;

/** `heatingKPerS` is the mean of heat–wait–seek: 5 K in about 40 minutes. */
export function calorimeter(
  cell: string,
  capacityJPerK: number,
  charge = 1,
  heatingKPerS = 5 / 2400,
): Calorimetry {
  const powerW = heatingKPerS * capacityJPerK;
  const followed = simulate(
    validateScenario({
      name: 'calorimeter',
      durationS: 120_000,
      outputIntervalS: 2,
      toleranceK: 0.003,
      ambientDegC: 50,
      site: { racks: [{ id: 'A', modules: 1 }] },
      module: {
        cell,
        series: 1,
        startCharge: charge,
        startChargeSpread: 0,
        capacitySpread: 0,
        resistanceSpread: 0,
        cellToCaseWPerK: 0,
        cellToCellWPerK: 0,
        balancingA: 0,
      },
      faults: [{ kind: 'externalHeating', module: 'A_Module01', startS: 0, powerW }],
    }),
  );
  const heated = followed.trajectory.column('cellTemperatureMeanK', 0);
  let row = 50;
  while (row < heated.length - 50) {
    const slope = (heated[row + 50]! - heated[row - 50]!) / 200;
    if (slope - heatingKPerS >= SEEK_K_PER_S) break;
    row++;
  }
  const event = followed.events[0]!;
  const column = followed.trajectory.column('cellTemperatureMaxK', 0);
  const at = (timeS: number | null) => (timeS === null ? null : degCOfKelvin(column[Math.round(timeS / 2)]!));
  // The heater goes on afterwards: the maximum belongs to the half hour after runaway.
  const endRow = event.runawayS === null ? 0 : Math.round((event.runawayS + 1800) / 2);
  return {
    t1DegC: degCOfKelvin(heated[row]!),
    t2DegC: at(event.runawayS),
    t3DegC: degCOfKelvin(Math.max(...column.subarray(0, Math.min(endRow, column.length)))),
    ventDegC: at(event.ventS),
  };
}
