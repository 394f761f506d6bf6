/** The air of the room: what racks give to it, ventilation, heating and cooling, gas that is no cell's. */
import { S_PER_H } from '../units.ts';
import type { RoomControls } from './controls.ts';
import { GAS_CONSTANT_J_PER_MOL_K } from './electrical.ts';
import { mixed } from './mixing.ts';
import type { SitePlan } from './plan.ts';
import { AIR_J_PER_M3K, type Outflow } from './rack.ts';
import type { AirState } from './record.ts';
import type { PlannedFault } from './scenario.ts';
import { SOLVENT_KG_PER_MOL } from './venting.ts';

const PA = 101325;
const PPM = 1e6;
const CO_KG_PER_MOL = 0.02801;

export class Room {
  readonly air: AirState;
  readonly controls: RoomControls = { ambientOffsetK: 0, loadFactor: 1, coKgPerS: 0, vocKgPerS: 0 };
  private readonly site: SitePlan;
  private readonly faults: readonly PlannedFault[];

  /** From `savedS` on hazards no longer act. */
  private readonly savedS: number;

  constructor(
    site: SitePlan,
    faults: readonly PlannedFault[],
    startK: number,
    savedS = Number.POSITIVE_INFINITY,
  ) {
    this.savedS = savedS;
    this.site = site;
    this.faults = faults;
    this.air = { temperatureK: startK, coPpm: 0, h2Ppm: 0, vocPpm: 0 };
  }

  /** Lets the faults of the room act at `timeS`. */
  act(timeS: number): RoomControls {
    const { controls } = this;
    controls.ambientOffsetK = 0;
    controls.loadFactor = 1;
    controls.coKgPerS = 0;
    controls.vocKgPerS = 0;
    for (const { kind, values } of this.faults)
      if (!kind.hazard || timeS < this.savedS) kind.onRoom?.(timeS, values, controls);
    return controls;
  }

  /** Over `stepS` with `ambientK` outside and what the racks gave in that time. */
  step(stepS: number, ambientK: number, inflow: Outflow): void {
    const { site, air, controls } = this;
    const flowPerS = site.roomAirChangesPerH / S_PER_H;
    const lossWPerK = site.roomCoolingWPerK + flowPerS * site.roomAirM3 * AIR_J_PER_M3K;
    const capacityJPerK = site.roomAirM3 * AIR_J_PER_M3K;
    air.temperatureK = mixed(
      air.temperatureK,
      ambientK,
      inflow.heatJ / capacityJPerK,
      lossWPerK / capacityJPerK,
      stepS,
    );
    const airMol = (site.roomAirM3 * PA) / (GAS_CONSTANT_J_PER_MOL_K * ambientK);
    const gas = (ppm: number, mol: number): number =>
      Math.max(mixed(ppm, 0, (mol / airMol) * PPM, flowPerS, stepS), 0);
    air.h2Ppm = gas(air.h2Ppm, inflow.h2Mol);
    air.coPpm = gas(air.coPpm, inflow.coMol + (controls.coKgPerS * stepS) / CO_KG_PER_MOL);
    air.vocPpm = gas(air.vocPpm, inflow.vocMol + (controls.vocKgPerS * stepS) / SOLVENT_KG_PER_MOL);
  }
}
