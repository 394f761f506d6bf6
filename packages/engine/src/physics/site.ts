/** Runs a scenario: the site from its start to its end, in steps between which racks and room exchange air. */
import { createRandom } from '../random.ts';
import { kelvinOfDegC } from '../units.ts';
import { cellTypeOf } from './cells/variant.ts';
import type { EnergyBalance, ModuleEvents } from './events.ts';
import { Stepper } from './integrate.ts';
import { ModuleModel } from './module.ts';
import { ModuleRun } from './module-run.ts';
import type { ModulePlan } from './plan.ts';
import { profileAt, profileBreaksS } from './profile.ts';
import { Rack } from './rack.ts';
import { ModuleRecorder, type RecordPlan } from './record.ts';
import { Room } from './room.ts';
import { moduleIds, type PlannedFault, planFaults, type Scenario } from './scenario.ts';
import { COLUMNS, Trajectory } from './trajectory.ts';
import { ModuleWatch } from './watch.ts';

/** Longest time between exchanges of racks and room. */
const EXCHANGE_S = 60;

/** How a run may differ from its scenario; for sizing and for the point of no return. */
export interface RunOptions {
  /** No rows are kept. */
  readonly silent?: boolean;
  /** Only these racks; the room then follows `roomK`. */
  readonly racks?: readonly string[];
  /** Temperature of the room at each exchange of an earlier run. */
  readonly roomK?: readonly number[];
  /** From `timeS` on all hazards are gone and every module is cooled `coolingFactor` times as well. */
  readonly intervention?: { readonly timeS: number; readonly coolingFactor: number };
  /** The run may end when this is true; asked at each exchange. */
  readonly until?: (runs: readonly ModuleRun[], timeS: number) => boolean;
  /** Called at each exchange with the share of the run that is done. */
  readonly progress?: (share: number) => void;
}

/** Counts of work, for benchmarks. */
export interface RunEffort {
  readonly steps: number;
  readonly evaluations: number;
}

export interface RunResult {
  readonly trajectory: Trajectory | undefined;
  readonly events: readonly ModuleEvents[];
  readonly energy: EnergyBalance;
  readonly effort: RunEffort;
  readonly roomK: readonly number[];
  readonly endS: number;
}

export class SiteRun {
  readonly scenario: Scenario;
  readonly runs: ModuleRun[] = [];
  readonly racks: Rack[] = [];
  readonly room: Room;
  readonly record: RecordPlan | undefined;
  private readonly ids: readonly string[];
  private readonly faults: readonly PlannedFault[];
  private readonly options: RunOptions;
  private readonly stepper: Stepper;
  /** Current of one capacity per hour. */
  private readonly nominalA: number;
  private readonly roomK: number[] = [];
  /** A hazard acts on the room itself: an intervention then changes the room. */
  private readonly isHazardousRoom: boolean;

  constructor(scenario: Scenario, options: RunOptions = {}) {
    this.scenario = scenario;
    this.options = options;
    const all = moduleIds(scenario);
    this.ids = options.racks
      ? all.filter((id) => options.racks?.some((rack) => id.startsWith(`${rack}_`)))
      : all;
    this.faults = planFaults(scenario);
    this.nominalA = cellTypeOf(scenario.module).capacityAh * scenario.module.parallel;
    const startK = kelvinOfDegC(profileAt(scenario.ambientDegC, 0));
    const models = this.ids.map((id) => this.model(id));
    const rows = Math.floor(scenario.durationS / scenario.outputIntervalS + 1e-9) + 1;
    const cells = models[0]?.cellCount ?? 0;
    const numbers = (COLUMNS.length * this.ids.length + 2 * cells * scenario.recordCellsOf.length) * rows;
    this.record = options.silent
      ? undefined
      : {
          values: new Float32Array(numbers),
          rows,
          moduleCount: this.ids.length,
          intervalS: scenario.outputIntervalS,
        };
    const roomFaults = this.faults.filter(({ kind }) => kind.target === 'room');
    this.isHazardousRoom = roomFaults.some(({ kind }) => kind.hazard);
    this.room = new Room(scenario.site, roomFaults, startK, options.intervention?.timeS);
    for (const [m, model] of models.entries()) this.runs.push(this.moduleRun(model, m, startK));
    for (const plan of scenario.site.racks) {
      const indices = this.ids.map((id, m) => (id.startsWith(`${plan.id}_`) ? m : -1)).filter((m) => m >= 0);
      if (indices.length === 0) continue;
      const runs = indices.map((m) => this.runs[m]!);
      const rackFaults = this.faults.filter(({ kind, rack }) => kind.target === 'rack' && rack === plan.id);
      this.racks.push(new Rack(plan.id, runs, indices, scenario.site, rackFaults, startK, this.record));
    }
    this.stepper = new Stepper(Math.max(...models.map((model) => model.fullSize)));
  }

  private model(id: string): ModuleModel {
    const { scenario, options } = this;
    const mine = this.faults.filter(({ modules }) => modules.includes(id));
    let plan: ModulePlan = scenario.module;
    for (const fault of mine) plan = fault.kind.onPlan?.(fault.values, plan) ?? plan;
    const model = new ModuleModel(id, plan, createRandom(scenario.seed, `cells/${id}`), scenario.toleranceK);
    const cut = options.intervention;
    const actions = mine
      .filter(({ kind }) => kind.onModule)
      .map(({ kind, values }) => ({
        act: (timeS: number, controls: typeof model.controls) => {
          if (!cut || timeS < cut.timeS) kind.onModule?.(timeS, values, controls);
        },
      }));
    if (cut) {
      actions.push({
        act: (timeS, controls) => {
          if (timeS < cut.timeS) return;
          controls.coolingFactor = cut.coolingFactor;
          controls.coolantFactor = cut.coolingFactor;
        },
      });
    }
    model.faults = actions;
    return model;
  }

  private moduleRun(model: ModuleModel, m: number, startK: number): ModuleRun {
    const { scenario, record } = this;
    const state = new Float64Array(model.fullSize);
    model.start(state, startK, createRandom(scenario.seed, `charge/${model.id}`));
    const block = scenario.recordCellsOf.indexOf(model.id);
    const cellBlock = block < 0 ? -1 : COLUMNS.length * this.ids.length + 2 * block * model.cellCount;
    const recorder = record ? new ModuleRecorder(record, model, m, cellBlock) : undefined;
    model.currentA = profileAt(scenario.load, 0) * this.nominalA * this.room.act(0).loadFactor;
    recorder?.first(state);
    return new ModuleRun(model, state, new ModuleWatch(scenario.pnr, model.slices), recorder);
  }

  /** Times between which everything is smooth, at most EXCHANGE_S apart. */
  private exchangesS(): number[] {
    const { scenario } = this;
    const endS = scenario.durationS;
    const times = new Set<number>([endS]);
    for (let k = 1; k * EXCHANGE_S < endS; k++) times.add(k * EXCHANGE_S);
    for (const timeS of profileBreaksS(scenario.load, endS)) times.add(timeS);
    for (const timeS of profileBreaksS(scenario.ambientDegC, endS)) times.add(timeS);
    for (const { kind, values } of this.faults)
      for (const timeS of kind.breakpointsS(values)) times.add(timeS);
    return [...times].filter((timeS) => timeS > 0 && timeS <= endS).sort((a, b) => a - b);
  }

  /** Runs to the end, or until the options say so. */
  run(): RunResult {
    const { scenario, options, room, racks, nominalA } = this;
    let timeS = 0;
    let exchange = 0;
    const times = this.exchangesS();
    const cutS = insertTime(times, options.intervention?.timeS);
    for (const nextS of times) {
      const stepS = nextS - timeS;
      const middleS = timeS + 0.5 * stepS;
      const controls = room.act(middleS);
      const startA = profileAt(scenario.load, timeS) * nominalA * controls.loadFactor;
      const middleA = profileAt(scenario.load, middleS) * nominalA * controls.loadFactor;
      const inflow = { heatJ: 0, h2Mol: 0, coMol: 0, vocMol: 0 };
      for (const rack of racks) {
        rack.advance(this.stepper, timeS, nextS, room.air, startA, (middleA - startA) / (0.5 * stepS));
        this.settle(rack, inflow, nextS);
      }
      const ambientK = kelvinOfDegC(profileAt(scenario.ambientDegC, middleS)) + controls.ambientOffsetK;
      room.step(stepS, ambientK, inflow);
      // An intervention divides an exchange in two; the room of the earlier run is known at its end.
      const given = nextS === cutS ? undefined : options.roomK?.[exchange++];
      const saved = this.isHazardousRoom && nextS > (options.intervention?.timeS ?? Number.POSITIVE_INFINITY);
      if (given !== undefined && !saved) room.air.temperatureK = given;
      this.roomK.push(room.air.temperatureK);
      timeS = nextS;
      options.progress?.(timeS / scenario.durationS);
      if (options.until?.(this.runs, timeS)) break;
    }
    return this.result(timeS);
  }

  /** Between steps: outflow to the room, the trip of a rack, balancing, ageing. */
  private settle(
    rack: Rack,
    inflow: { heatJ: number; h2Mol: number; coMol: number; vocMol: number },
    timeS: number,
  ): void {
    inflow.heatJ += rack.outflow.heatJ;
    inflow.h2Mol += rack.outflow.h2Mol;
    inflow.coMol += rack.outflow.coMol;
    inflow.vocMol += rack.outflow.vocMol;
    Object.assign(rack.outflow, { heatJ: 0, h2Mol: 0, coMol: 0, vocMol: 0 });
    for (const run of rack.runs) {
      if (this.scenario.tripOnRunaway && run.watch.runawayS !== null) rack.tripped = true;
      run.model.stack.balance();
      run.model.stack.grow(timeS);
    }
  }

  private result(endS: number): RunResult {
    const { scenario, record, ids } = this;
    const events = this.runs.map((run) => this.eventsOf(run));
    const energy = balanceOf(this.runs, this.racks);
    const racks = this.racks.map(({ id }) => id);
    const trajectory =
      record &&
      new Trajectory(
        {
          format: 'emberwatch-trajectory',
          name: scenario.name,
          seed: scenario.seed,
          intervalS: scenario.outputIntervalS,
          rows: record.rows,
          columns: COLUMNS,
          modules: ids,
          racks,
          rackOf: ids.map((id) => racks.findIndex((rack) => id.startsWith(`${rack}_`))),
          cellsPerModule: this.runs[0]?.model.cellCount ?? 0,
          nodesPerTap: this.runs[0]?.model.parallel ?? 1,
          layersPerCell: this.runs[0]?.model.slices ?? 1,
          recordCellsOf: scenario.recordCellsOf,
          events,
          energy,
        },
        record.values,
      );
    const steps = this.runs.reduce((sum, run) => sum + run.steps, 0);
    const effort = { steps, evaluations: this.stepper.evaluations };
    return { trajectory, events, energy, effort, roomK: this.roomK, endS };
  }

  private eventsOf(run: ModuleRun): ModuleEvents {
    const { watch } = run;
    const faults = this.faults.filter(
      ({ kind, modules }) => kind.hazard && (kind.target === 'room' || modules.includes(run.model.id)),
    );
    const disturbances = this.faults.filter(
      ({ kind, modules, rack }) =>
        !kind.hazard &&
        (kind.target === 'room' || modules.includes(run.model.id) || run.model.id.startsWith(`${rack}_`)),
    );
    const onsets = faults.map(({ values }) => values['startS'] ?? 0);
    const byTime = (a: { timeS: number }, b: { timeS: number }) => a.timeS - b.timeS;
    return {
      module: run.model.id,
      faultOnsetS: onsets.length > 0 ? Math.min(...onsets) : null,
      faultKinds: faults.map(({ kind }) => kind.kind),
      disturbanceKinds: disturbances.map(({ kind }) => kind.kind),
      ventS: watch.ventS,
      pnrThresholdS: watch.pnrS,
      pnrInterventionS: null,
      runawayS: watch.runawayS,
      peakK: watch.peakK,
      peakS: watch.peakS,
      vents: watch.vents,
      runaways: watch.runaways.toSorted(byTime),
    };
  }
}

/** Puts `timeS` into sorted times that do not hold it; returns it where it was put, else undefined. */
function insertTime(times: number[], timeS: number | undefined): number | undefined {
  if (timeS === undefined || timeS <= 0 || times.includes(timeS)) return undefined;
  const at = times.findIndex((later) => later > timeS);
  if (at < 0) return undefined;
  times.splice(at, 0, timeS);
  return timeS;
}

function balanceOf(runs: readonly ModuleRun[], racks: readonly Rack[]): EnergyBalance {
  const sum = { reactionsJ: 0, storedJ: 0, electricJ: 0, heaterJ: 0, airJ: 0, coolantJ: 0, ejectedJ: 0 };
  let exchanged = 0;
  for (const run of runs) {
    const part = run.balance();
    sum.reactionsJ += part.reactionsJ;
    sum.storedJ += part.storedJ;
    sum.electricJ += part.electricJ;
    sum.heaterJ += part.heaterJ;
    sum.airJ += part.airJ;
    sum.coolantJ += part.coolantJ;
    sum.ejectedJ += part.ejectedJ;
    exchanged += Math.abs(part.reactionsJ) + Math.abs(part.electricJ) + part.heaterJ;
  }
  const lost =
    sum.reactionsJ + sum.electricJ + sum.heaterJ - sum.storedJ - sum.airJ - sum.coolantJ - sum.ejectedJ;
  const unexplainedJ = racks.reduce((total, rack) => total + rack.unexplainedJ, 0);
  return {
    releasedByReactionsJ: sum.reactionsJ,
    electricHeatJ: sum.electricJ,
    heaterJ: sum.heaterJ,
    storedInSolidsJ: sum.storedJ,
    toAirJ: sum.airJ,
    toCoolantJ: sum.coolantJ,
    ejectedJ: sum.ejectedJ,
    // Of less than a joule the rounding of what is stored would be a share.
    residual: exchanged > 1 ? (lost + (lost < 0 ? -1 : 1) * unexplainedJ) / exchanged : 0,
  };
}
