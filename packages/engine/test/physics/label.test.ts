/** Labels come from the events of a finished run. */
import { describe, expect, it } from 'vitest';
import {
  decodeTrajectory,
  label,
  type ModuleEvents,
  simulate,
  solveFaultStrength,
  validateScenario,
} from '../../src/physics/index.ts';

const PNR_S = 4620;
const SITE = { racks: [{ id: 'A', modules: 2 }] };
const short = (resistanceOhm: number) => ({
  kind: 'internalShort',
  module: 'A_Module02',
  cell: 1,
  startS: 600,
  rampS: 1200,
  resistanceOhm,
});
const input = (resistanceOhm: number) => ({
  name: 'label',
  durationS: 7200,
  site: SITE,
  module: { series: 6, startCharge: 1 },
  faults: [short(resistanceOhm)],
});

/** Times of the rows that are 1. */
const rowsS = (flags: Uint8Array): number[] =>
  [...flags.keys()].filter((row) => flags[row] === 1).map((row) => row * 10);

describe('label', () => {
  it('marks exactly [PNR − guard − window, PNR − guard) of a run that reaches its PNR at 4620 s, for both definitions', () => {
    const run = simulate(validateScenario(input(0.01)));
    const events: ModuleEvents[] = run.events.map((event) =>
      event.module === 'A_Module02'
        ? { ...event, pnrThresholdS: PNR_S, pnrInterventionS: PNR_S + 300 }
        : event,
    );
    const labels = label(run.trajectory.withEvents(events), { windowS: 1200, guardS: 30 });
    const marked = labels[1]!;
    // 3390 is the first row at or after 4620 − 30 − 1200; 4580 the last before 4590.
    expect(rowsS(marked.hazard)).toEqual(Array.from({ length: 120 }, (_, i) => 3390 + 10 * i));
    expect(rowsS(marked.hazardIntervention)).toEqual(Array.from({ length: 120 }, (_, i) => 3690 + 10 * i));
    expect(marked.timeToPnrS[0]).toBe(PNR_S);
    expect(marked.timeToPnrS[462]).toBe(0);
    expect(marked.timeToPnrS[463]).toBe(-10);
    expect(marked.timeToPnrInterventionS[462]).toBe(300);
    expect(rowsS(marked.faultActive)[0]).toBe(600);
    expect(marked.faultKind).toBe('internalShort');
    expect(marked.faultOnsetS).toBe(600);
    expect(rowsS(labels[0]!.hazard)).toEqual([]);
    expect(labels[0]!.timeToPnrS[0]).toBeNaN();
    expect(labels[0]!.severity).toBe('none');
  });

  it('does the same on a run sized to reach its PNR at 4620 s', () => {
    const solved = solveFaultStrength(validateScenario(input(0.01)), 'A_Module02', PNR_S - 600);
    expect(solved.found).toBe(true);
    const scenario = validateScenario(input(solved.strength!));
    const run = simulate(scenario, { intervention: true });
    const event = run.events[1]!;
    const pnrS = event.pnrThresholdS!;
    expect(Math.abs((pnrS - 600) / (PNR_S - 600) - 1)).toBeLessThan(0.01);
    const marked = label(run.trajectory, scenario.label)[1]!;
    const inside = (timeS: number) => timeS >= pnrS - 1230 && timeS < pnrS - 30;
    expect(rowsS(marked.hazard)).toEqual([...marked.hazard.keys()].map((row) => row * 10).filter(inside));
    const averted = event.runawayS === null;
    expect(event.pnrInterventionS === null).toBe(averted);
    expect(rowsS(marked.hazardIntervention).length).toBe(averted ? 0 : 120);
  });

  it('survives the way through bytes', () => {
    const scenario = validateScenario({ ...input(0.005), recordCellsOf: ['A_Module02'] });
    const run = simulate(scenario, { intervention: true });
    const read = decodeTrajectory(run.trajectory.encode());
    expect(read.header).toEqual(JSON.parse(JSON.stringify(run.trajectory.header)));
    expect(read.column('voltageV', 'A_Module02')).toEqual(run.trajectory.column('voltageV', 'A_Module02'));
    expect(read.cellColumn('cellTemperatureK', 'A_Module02', 1)).toEqual(
      run.trajectory.cellColumn('cellTemperatureK', 'A_Module02', 1),
    );
    expect(label(read, scenario.label)).toEqual(label(run.trajectory, scenario.label));
  });

  it('refuses bytes that are no trajectory, and names that are not in it', () => {
    expect(() => decodeTrajectory(new ArrayBuffer(40))).toThrow('not a trajectory');
    const run = simulate(validateScenario({ name: 'é', durationS: 60, site: SITE }));
    const bytes = run.trajectory.encode();
    expect(decodeTrajectory(bytes).header.name).toBe('é');
    expect(() => decodeTrajectory(bytes.slice(0, bytes.byteLength - 2))).toThrow('cut short');
    expect(() => decodeTrajectory(bytes.slice(0, bytes.byteLength - 4))).toThrow('expected');
    expect(() => run.trajectory.column('voltageV', 'B_Module01')).toThrow('no module B_Module01');
    expect(() => run.trajectory.cellColumn('cellVoltageV', 'A_Module01', 0)).toThrow('not recorded');
  });
});

describe('points of no return', () => {
  it('by intervention lie between the onset and the runaway, and intervening before averts it', async () => {
    const scenario = validateScenario(input(0.004));
    const run = simulate(scenario, { intervention: true });
    const event = run.events[1]!;
    const { runsAwayDespite } = await import('../../src/physics/intervention.ts');
    expect(event.runawayS).not.toBeNull();
    expect(event.pnrInterventionS!).toBeGreaterThan(600);
    expect(event.pnrInterventionS!).toBeLessThan(event.runawayS!);
    expect(runsAwayDespite(scenario, 'A_Module02', event.pnrInterventionS! - 5, [])).toBe(false);
    expect(runsAwayDespite(scenario, 'A_Module02', event.pnrInterventionS! + 5, [])).toBe(true);
  });

  it('by threshold move with the threshold', () => {
    const at = (temperatureDegC: number) =>
      simulate(validateScenario({ ...input(0.004), pnr: { temperatureDegC, rateKPerS: 100 } })).events[1]!
        .pnrThresholdS!;
    expect(at(120)).toBeLessThan(at(140));
    expect(at(140)).toBeLessThan(at(160));
  });
});
