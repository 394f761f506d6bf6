/** What is simulated: a plain object as a person writes it, checked once, with every default filled in. */
import { cellTypeById } from './cells/index.ts';
import { type FaultEntry, type FaultKind, faultValues, targetKeys, type Values } from './faults/fault.ts';
import { FAULT_KINDS, faultKind } from './faults/index.ts';
import { laboratoryDefaults } from './laboratory.ts';
import { ambientOf } from './load/ambient.ts';
import { loadOf } from './load/index.ts';
import {
  cellsOf,
  type LabelPlan,
  type ModulePlan,
  type Profile,
  type RackPlan,
  type SitePlan,
  type ThresholdPlan,
} from './plan.ts';
import { check, checkKeys, isRecord, numberAt, ScenarioError } from './validate.ts';

/** A scenario with every default filled in. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  readonly durationS: number;
  readonly outputIntervalS: number;
  readonly site: SitePlan;
  readonly module: ModulePlan;
  /** Multiples of the nominal capacity per hour; positive charges. */
  readonly load: Profile;
  readonly ambientDegC: Profile;
  readonly faults: readonly FaultEntry[];
  readonly pnr: ThresholdPlan;
  readonly label: LabelPlan;
  /** Current of a rack ends when one of its modules runs away. */
  readonly tripOnRunaway: boolean;
  /** Modules of which every cell is recorded. */
  readonly recordCellsOf: readonly string[];
  /** Error allowed in one step, in kelvins. */
  readonly toleranceK: number;
}

/** A fault with its kind, its values and the modules or rack that it acts on. */
export interface PlannedFault {
  readonly kind: FaultKind;
  readonly values: Values;
  readonly modules: readonly string[];
  readonly rack: string | undefined;
}

const RACK_NAMES = ['A1', 'A2', 'A3', 'A4', 'B1', 'B2', 'B3', 'B4'];

export const DEFAULT_SITE: SitePlan = {
  racks: RACK_NAMES.map((name) => ({ id: `Rack${name}`, modules: 8 })),
  rackAirM3: 1.2,
  rackAirFlowM3PerS: 0.15,
  moduleToModuleWPerK: 0.5,
  roomAirM3: 400,
  roomAirChangesPerH: 4,
  roomCoolingWPerK: 2500,
};

export const DEFAULT_MODULE: ModulePlan = {
  cell: 'lfp-280ah',
  cellScale: 1,
  slices: 1,
  throughCellWPerK: 0.4,
  reactionHeatFactor: 1,
  onsetShiftK: 0,
  separatorShiftK: 0,
  ventPressureFactor: 1,
  gasFactor: 1,
  capacityLossPerDay: 0,
  resistanceGainPerDay: 0,
  series: 16,
  parallel: 1,
  lumped: false,
  cellToCellWPerK: 2,
  cellToCaseWPerK: 0.6,
  caseHeatCapacityJPerK: 12_000,
  caseToAirWPerK: 18,
  coolantWPerK: 0,
  coolantDegC: 22,
  surfaceShare: 0.15,
  capacitySpread: 0.01,
  resistanceSpread: 0.05,
  startCharge: 0.8,
  startChargeSpread: 0.005,
  capacityFactor: 1,
  resistanceFactor: 1,
  endsByEstimate: true,
  balancingA: 0.1,
  ejectaToCase: 0.3,
};

const DEFAULT_PNR: ThresholdPlan = {
  temperatureDegC: 140,
  rateKPerS: 0.5,
  rateAboveDegC: 110,
  runawayRateKPerS: 1,
  fullCoolingFactor: 3,
};
const DEFAULT_LABEL: LabelPlan = { windowS: 1200, guardS: 30 };
const DEFAULT_TOLERANCE_K = 0.01;

/** The default warehouse: 64 modules at rest in 8 racks at 25 °C for six hours, without any fault. */
export const defaultScenario = (): Scenario => validateScenario({ name: 'warehouse' });

/** Names of all modules, rack by rack. */
export function moduleIds(scenario: Pick<Scenario, 'site'>): string[] {
  return scenario.site.racks.flatMap((rack) =>
    Array.from({ length: rack.modules }, (_, k) => `${rack.id}_Module${String(k + 1).padStart(2, '0')}`),
  );
}

/**
 * Checks a plain object and fills in defaults. Temperatures of people are in °C, times in s. `sensors` is left to the
 * room that reads it. Errors: `ScenarioError` naming the path and the value.
 */
export function validateScenario(value: unknown): Scenario {
  if (!isRecord(value)) throw new ScenarioError('scenario', 'an object', value);
  const known =
    'name description seed durationS outputIntervalS site module load ambientDegC faults pnr label tripOnRunaway recordCellsOf toleranceK laboratory sensors';
  checkKeys(value, '', known);
  const name = value['name'];
  check(typeof name === 'string' && name.length > 0, 'name', 'a name', name);
  const description = value['description'] ?? '';
  check(typeof description === 'string', 'description', 'text', description);
  const seed = value['seed'] ?? 1;
  check(typeof seed === 'number' && Number.isSafeInteger(seed), 'seed', 'an integer', seed);
  const trip = value['tripOnRunaway'] ?? true;
  check(typeof trip === 'boolean', 'tripOnRunaway', 'true or false', trip);
  const durationS = numberAt(value, 'durationS', 'durationS', 0.001, 1e8, 21_600);
  const { site, module } = roomsOf(value);
  const ambientDegC = ambientOf(value['ambientDegC']);
  const scenario: Scenario = {
    name,
    description,
    seed,
    durationS,
    outputIntervalS: numberAt(value, 'outputIntervalS', 'outputIntervalS', 0.001, 1e6, 10),
    site,
    module,
    load: loadOf(value['load'], { module, ambientDegC, seed, durationS }),
    ambientDegC,
    faults: faultsOf(value['faults'] ?? []),
    pnr: recordOf(value['pnr'], 'pnr', DEFAULT_PNR, 0, 2000),
    label: recordOf(value['label'], 'label', DEFAULT_LABEL, 0, 1e8),
    tripOnRunaway: trip,
    recordCellsOf: namesOf(
      value['recordCellsOf'] ?? (value['laboratory'] === undefined ? [] : moduleIds({ site })),
    ),
    toleranceK: numberAt(value, 'toleranceK', 'toleranceK', 1e-9, 1, DEFAULT_TOLERANCE_K),
  };
  checkCells(scenario);
  planFaults(scenario);
  const modules = moduleIds(scenario);
  scenario.recordCellsOf.forEach((id, i) => {
    check(modules.includes(id), `recordCellsOf[${i}]`, `a module such as ${modules[0]}`, id);
  });
  return scenario;
}

/** What a run can hold: about a kilobyte for each cell or layer. */
const MAX_CELLS = 2_000_000;

function checkCells({ site, module }: Scenario): void {
  const modules = site.racks.reduce((sum, rack) => sum + rack.modules, 0);
  const cells = modules * cellsOf(module);
  const made = `${modules} modules of ${cellsOf(module)} cells and layers`;
  check(
    cells <= MAX_CELLS,
    'module',
    `at most ${MAX_CELLS} cells and layers in all (there are ${made})`,
    cells,
  );
}

/** Site and module; what these leave to a laboratory follows from the size of the cell. */
function roomsOf(value: Record<string, unknown>): { site: SitePlan; module: ModulePlan } {
  const site = value['site'] ?? {};
  const module = value['module'] ?? {};
  if (value['laboratory'] === undefined) return { site: siteOf(site), module: moduleOf(module) };
  check(isRecord(site), 'site', 'an object', site);
  check(isRecord(module), 'module', 'an object', module);
  const plan = moduleOf({ series: 1, ...module });
  const defaults = laboratoryDefaults(value['laboratory'], plan, plan.series * plan.parallel);
  return { site: siteOf({ ...defaults.site, ...site }), module: moduleOf({ ...defaults.module, ...module }) };
}

function integerAt(
  record: Record<string, unknown>,
  key: string,
  path: string,
  high: number,
  fallback?: number,
): number {
  const value = record[key] ?? fallback;
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= high;
  check(fits, path, `an integer between 1 and ${high}`, value);
  return value;
}

function recordOf<T extends object>(value: unknown, path: string, defaults: T, low: number, high: number): T {
  if (value === undefined) return defaults;
  check(isRecord(value), path, 'an object', value);
  checkKeys(value, path, Object.keys(defaults).join(' '));
  const result: Record<string, unknown> = {};
  for (const [key, fallback] of Object.entries(defaults)) {
    result[key] = numberAt(value, key, `${path}.${key}`, low, high, fallback);
  }
  return result as T;
}

function siteOf(value: unknown): SitePlan {
  check(isRecord(value), 'site', 'an object', value);
  checkKeys(value, 'site', Object.keys(DEFAULT_SITE).join(' '));
  const racks = value['racks'] ?? DEFAULT_SITE.racks;
  check(
    Array.isArray(racks) && racks.length >= 1 && racks.length <= 4096,
    'site.racks',
    'a list of 1 to 4096 racks',
    racks,
  );
  const seen = new Set<string>();
  const plans = racks.map((rack: unknown, r): RackPlan => {
    const path = `site.racks[${r}]`;
    check(isRecord(rack), path, 'an object with id and modules', rack);
    checkKeys(rack, path, 'id modules');
    const id = rack['id'];
    check(
      typeof id === 'string' && /^[A-Za-z0-9-]+$/.test(id),
      `${path}.id`,
      'a name of letters and digits',
      id,
    );
    check(!seen.has(id), `${path}.id`, 'a name that no other rack has', id);
    seen.add(id);
    return { id, modules: integerAt(rack, 'modules', `${path}.modules`, 64) };
  });
  const { racks: _, ...numbers } = DEFAULT_SITE;
  const given = { ...value };
  delete given['racks'];
  return { ...recordOf(given, 'site', numbers, 0, 1e9), racks: plans };
}

function moduleOf(value: unknown): ModulePlan {
  check(isRecord(value), 'module', 'an object', value);
  checkKeys(value, 'module', Object.keys(DEFAULT_MODULE).join(' '));
  const { cell: _, lumped: __, endsByEstimate: ___, ...rest } = DEFAULT_MODULE;
  const { series: ____, parallel: _____, slices: ______, ...numbers } = rest;
  const given: Record<string, unknown> = {};
  for (const key of Object.keys(numbers)) {
    const [low, high] = VARIANT_BOUNDS[key] ?? [0, 1e9];
    if (value[key] !== undefined) given[key] = numberAt(value, key, `module.${key}`, low, high, 0);
  }
  const lumped = value['lumped'] ?? false;
  check(typeof lumped === 'boolean', 'module.lumped', 'true or false', lumped);
  const endsByEstimate = value['endsByEstimate'] ?? DEFAULT_MODULE.endsByEstimate;
  check(typeof endsByEstimate === 'boolean', 'module.endsByEstimate', 'true or false', endsByEstimate);
  const cell = cellTypeById(value['cell'] ?? DEFAULT_MODULE.cell).id;
  const plan: ModulePlan = {
    ...numbers,
    ...given,
    cell,
    lumped,
    endsByEstimate,
    series: integerAt(value, 'series', 'module.series', 4096, DEFAULT_MODULE.series),
    parallel: integerAt(value, 'parallel', 'module.parallel', 4096, DEFAULT_MODULE.parallel),
    slices: integerAt(value, 'slices', 'module.slices', 50, DEFAULT_MODULE.slices),
    surfaceShare: numberAt(
      value,
      'surfaceShare',
      'module.surfaceShare',
      0,
      1,
      lumped ? 1 : DEFAULT_MODULE.surfaceShare,
    ),
    startCharge: numberAt(value, 'startCharge', 'module.startCharge', 0, 1, DEFAULT_MODULE.startCharge),
  };
  check(
    plan.caseHeatCapacityJPerK > 0,
    'module.caseHeatCapacityJPerK',
    'a number above 0',
    plan.caseHeatCapacityJPerK,
  );
  check(!lumped || plan.slices === 1, 'module.slices', '1 where the module is lumped', plan.slices);
  check(plan.ejectaToCase <= 1, 'module.ejectaToCase', 'a number between 0 and 1', plan.ejectaToCase);
  return plan;
}

/** Of what makes a variant of a cell: beyond them it is another cell. */
const VARIANT_BOUNDS: Readonly<Record<string, readonly [number, number]>> = {
  cellScale: [0.001, 1000],
  reactionHeatFactor: [0.1, 3],
  onsetShiftK: [-40, 60],
  separatorShiftK: [-80, 80],
  ventPressureFactor: [0.1, 10],
  gasFactor: [0.1, 5],
  capacityLossPerDay: [0, 0.1],
  resistanceGainPerDay: [0, 1],
  capacityFactor: [0.01, 10],
  resistanceFactor: [0.01, 1000],
  // Beyond a third a cell of the module could be without any capacity: spreads reach to three times theirs.
  capacitySpread: [0, 0.3],
  resistanceSpread: [0, 0.3],
  startChargeSpread: [0, 0.3],
};

function faultsOf(value: unknown): FaultEntry[] {
  check(Array.isArray(value), 'faults', 'a list', value);
  return value.map((entry: unknown, f) => {
    check(isRecord(entry), `faults[${f}]`, `an object with a kind (${FAULT_KINDS.length} exist)`, entry);
    return entry as FaultEntry;
  });
}

function namesOf(value: unknown): string[] {
  check(
    Array.isArray(value) && value.every((name) => typeof name === 'string'),
    'recordCellsOf',
    'a list of modules',
    value,
  );
  return value;
}

/** The faults of a scenario with kinds, values and targets; `ScenarioError` where one cannot be. */
export function planFaults(scenario: Scenario): PlannedFault[] {
  const modules = moduleIds(scenario);
  const cells = cellsOf(scenario.module);
  return scenario.faults.map((entry, f) => {
    const path = `faults[${f}]`;
    const kind = faultKind(entry.kind, `${path}.kind`);
    const values = faultValues(kind, entry, path);
    const startS = values['startS'];
    const isInTime = !kind.hazard || startS === undefined || startS < scenario.durationS;
    check(isInTime, `${path}.startS`, `a time before the end of the run (${scenario.durationS} s)`, startS);
    if (kind.onCell) {
      const cell = values['cell']!;
      check(
        Number.isInteger(cell) && cell < cells,
        `${path}.cell`,
        `an integer between 0 and ${cells - 1}`,
        cell,
      );
    }
    if (kind.target === 'room') return { kind, values, modules: [], rack: undefined };
    const { module, rack } = entry;
    const names = targetKeys(kind);
    check(
      (module === undefined) !== (rack === undefined),
      path,
      `one of ${names.join(', ')}`,
      module ?? rack,
    );
    if (module !== undefined) {
      check(modules.includes(module), `${path}.module`, `a module such as ${modules[0]}`, module);
      return { kind, values, modules: [module], rack: undefined };
    }
    const known = scenario.site.racks.map(({ id }) => id);
    check(known.includes(rack ?? ''), `${path}.rack`, `one of ${known.join(', ')}`, rack);
    const inRack = kind.target === 'module' ? modules.filter((id) => id.startsWith(`${rack}_`)) : [];
    return { kind, values, modules: inRack, rack };
  });
}
