/** What faults act on. Every field is reset to neutral before the faults of a target act. */

/** Of one module. Arrays have one entry per cell. */
export interface ModuleControls {
  /** Groups of cells in series; of a group the resistance that draws one capacity per hour at nominal voltage; a cell's mass. */
  readonly series: number;
  readonly oneCOhm: number;
  readonly cellKg: number;
  /** Conductance of internal shorts, from the electrode stack to itself. */
  readonly shortSiemens: Float64Array;
  /** Heat put into a cell from outside the balance of its energy. */
  readonly heaterW: Float64Array;
  /** Wanted heat of a short; limited to what the cell's voltage and charge give. */
  readonly shortHeatW: Float64Array;
  /** Conductance of a short outside the cell, from terminal to terminal: its heat stays outside. */
  readonly outsideSiemens: Float64Array;
  /** Resistance of a bad joint at the terminal of the cell. */
  readonly jointOhm: Float64Array;
  /** 1 forces the vent open. */
  readonly ventOpen: Uint8Array;
  /** Solvent leaking as vapour into the rack. */
  leakKgPerS: number;
  /** Factors of the conductance to the rack air and to the coolant. */
  coolingFactor: number;
  coolantFactor: number;
  /** Added to the current of the rack; positive charges. */
  extraCurrentA: number;
  /** The same in multiples of the nominal capacity per hour. */
  extraLoadC: number;
  /** What is added ends for good once a cell has this voltage. */
  extraEndsAtV: number;
  /** The circuit is open behind the point where the voltage is measured, or the wires of the cells are lost too. */
  contactorOpen: boolean;
  /** The heater is switched off with the current of the rack. */
  heaterEndsOnTrip: boolean;
  tapsLost: boolean;
  insulationKohm: number;
}

/** Of one rack: factor of its air flow. */
export interface RackControls {
  airFlowFactor: number;
}

/** Of the room. */
export interface RoomControls {
  ambientOffsetK: number;
  loadFactor: number;
  coKgPerS: number;
  vocKgPerS: number;
}

/** Insulation of a sound module against ground. */
const SOUND_INSULATION_KOHM = 5000;

export function moduleControls(cellCount: number, series = 1, oneCOhm = 0.1, cellKg = 1): ModuleControls {
  return {
    series,
    oneCOhm,
    cellKg,
    shortSiemens: new Float64Array(cellCount),
    heaterW: new Float64Array(cellCount),
    shortHeatW: new Float64Array(cellCount),
    outsideSiemens: new Float64Array(cellCount),
    jointOhm: new Float64Array(cellCount),
    ventOpen: new Uint8Array(cellCount),
    leakKgPerS: 0,
    coolingFactor: 1,
    coolantFactor: 1,
    extraCurrentA: 0,
    extraLoadC: 0,
    extraEndsAtV: Number.POSITIVE_INFINITY,
    contactorOpen: false,
    heaterEndsOnTrip: false,
    tapsLost: false,
    insulationKohm: SOUND_INSULATION_KOHM,
  };
}

export function neutralise(controls: ModuleControls): void {
  controls.shortSiemens.fill(0);
  controls.heaterW.fill(0);
  controls.shortHeatW.fill(0);
  controls.outsideSiemens.fill(0);
  controls.jointOhm.fill(0);
  controls.ventOpen.fill(0);
  controls.leakKgPerS = 0;
  controls.coolingFactor = 1;
  controls.coolantFactor = 1;
  controls.extraCurrentA = 0;
  controls.extraLoadC = 0;
  controls.extraEndsAtV = Number.POSITIVE_INFINITY;
  controls.contactorOpen = false;
  controls.heaterEndsOnTrip = false;
  controls.tapsLost = false;
  controls.insulationKohm = SOUND_INSULATION_KOHM;
}
