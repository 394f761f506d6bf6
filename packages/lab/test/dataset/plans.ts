/**
 * Two small modules of four cells in two racks for 25 min: heaters that drive a cell into runaway, heaters that do
 * not, a room of gas, calm. What is cooled badly, and what stands on a bench, is held out.
 */
export const SMALL = `name: small
seed: 5
splits: {validation: 0.25, test: 0.25}
holdOut: {families: [coolingFailure], chemistries: [NMC], sites: [bench]}
parts:
  warehouse:
    site: warehouse
    scenario:
      durationS: 1500
      outputIntervalS: 5
      site: {racks: [{id: RackA1, modules: 1}, {id: RackA2, modules: 1}]}
      module: {cell: lco-18650, series: 4, startCharge: {uniform: [0.9, 1]}, cellToCaseWPerK: 0.02}
      ambientDegC: {uniform: [15, 30]}
      label: {windowS: 200, guardS: 30}
    sensors: {preset: rack}
    nameplate: {capacityAh: {chance: 0.5}, chemistry: true}
recipes:
  - name: heater
    runs: 3
    use: [warehouse]
    expect: pnr
    intervention: true
    scenario:
      faults: [{kind: externalHeating, module: {anyModule: true}, startS: {uniform: [60, 200]}, powerW: {uniform: [40, 60]}, firstCell: 0, cells: 1}]
  - name: weak
    runs: 2
    use: [warehouse]
    expect: pnr
    scenario:
      faults: [{kind: externalHeating, module: {anyModule: true}, startS: 100, powerW: 0.5, firstCell: 0, cells: 1}]
  - name: cooling
    runs: 1
    use: [warehouse]
    scenario: {faults: [{kind: coolingFailure, module: {anyModule: true}, startS: 300}]}
  - name: gas
    runs: 1
    use: [warehouse]
    scenario: {faults: [{kind: gasInRoom, startS: 300, durationS: 600}]}
  - name: bench
    runs: 1
    use: [warehouse]
    site: bench
    scenario: {site: {racks: [{id: Bench, modules: 1}]}}
    sensors: {preset: laboratory-1s, probes: {count: 2}}
  - name: calm
    runs: 2
    use: [warehouse]
`;
