/** Equipment as it is found. How each number was found stands in docs/sensors.md. */

const temperature = { noiseSd: 0.05, resolution: 0.1, min: -55, max: 200 };
const cellVoltage = { noiseSd: 0.0005, resolution: 0.001, min: 0, max: 6.5535 };

/** Thermistors of 0.1 K, cell taps of 1 mV, electrochemical cells for CO and hydrogen, metal oxide for vapour. */
const rack = {
  channels: {
    surface_temperature_mean_degc: temperature,
    surface_temperature_max_degc: temperature,
    surface_temperature_min_degc: temperature,
    voltage_v: { noiseSd: 0.01, resolution: 0.01 },
    current_a: { noiseSd: 0.2, resolution: 0.1 },
    soc_percent: { noiseSd: 0, resolution: 0.1, min: 0, max: 100 },
    cell_voltage_min_v: cellVoltage,
    cell_voltage_max_v: cellVoltage,
    cell_voltage_mean_v: cellVoltage,
    co_ppm: { noiseSd: 0.3, resolution: 0.1, offset: 1, min: 0 },
    h2_ppm: { noiseSd: 0.3, resolution: 0.1, offset: 1, min: 0 },
    voc_ppm: { noiseSd: 0.3, resolution: 0.1, offset: 2, min: 0 },
    ambient_temperature_degc: temperature,
  },
};

const seedGas = { noiseSd: 0.5, resolution: 0.001, offset: 2 };

/** The thirteen columns of the seed's generator. */
const seed = {
  missingShare: 0.0005,
  outlierShare: 0.0001,
  outlierSigma: 7,
  sampling: { intervalS: 10 },
  clock: { resolutionS: 1 },
  channels: {
    surface_temperature_mean_degc: { noiseSd: 0.29, resolution: 0.001 },
    surface_temperature_max_degc: { noiseSd: 0.39, resolution: 0.001 },
    voltage_v: { noiseSd: 0.147, resolution: 0.001 },
    current_a: { noiseSd: 0.05, resolution: 0.001 },
    soc_percent: { noiseSd: 1.47, resolution: 0.001 },
    co_ppm: seedGas,
    h2_ppm: seedGas,
    voc_ppm: seedGas,
    ambient_temperature_degc: { noiseSd: 0.098, resolution: 0.001 },
  },
};

/** A passenger car's pack over its telematics unit, a row a second, five of 96 cells renewed in each. */
const vehicle1s = {
  sampling: { intervalS: 1 },
  clock: { resolutionS: 1 },
  gateway: { dropoutsPerDay: 30, dropoutS: [20, 3200], restartChance: 0.25 },
  channels: {
    voltage_v: { noiseSd: 0.1, resolution: 0.25 },
    current_a: { noiseSd: 0.3, resolution: 0.1 },
    soc_percent: { resolution: 0.1, min: 0, max: 100 },
    cell_voltage_min_v: { noiseSd: 0.001, resolution: 0.001 },
    cell_voltage_max_v: { noiseSd: 0.001, resolution: 0.001 },
    cell_voltage_mean_v: { noiseSd: 0.0005, resolution: 0.001 },
    surface_temperature_max_degc: { noiseSd: 0.1, resolution: 0.5 },
    surface_temperature_min_degc: { noiseSd: 0.1, resolution: 0.5 },
  },
  cellVoltages: { noiseSd: 0.001, resolution: 0.001, scanS: 20, unscanned: 66.535 },
  probes: { count: 24, noiseSd: 0.1, resolution: 1, t90S: 15, deliver: 'list' },
};

/** The same, every 30 s. */
const vehicle30s = {
  sampling: { intervalS: 30 },
  clock: { resolutionS: 1 },
  gateway: { dropoutsPerDay: 8, dropoutS: [60, 4000], restartChance: 0.2 },
  channels: {
    voltage_v: { noiseSd: 0.1, resolution: 0.1 },
    current_a: { noiseSd: 0.3, resolution: 0.1 },
    soc_percent: { resolution: 1, min: 0, max: 100 },
    cell_voltage_min_v: { noiseSd: 0.001, resolution: 0.001 },
    cell_voltage_max_v: { noiseSd: 0.001, resolution: 0.001 },
    surface_temperature_max_degc: { noiseSd: 0.1, resolution: 1 },
    surface_temperature_min_degc: { noiseSd: 0.1, resolution: 1 },
    insulation_kohm: { noiseSd: 2, resolution: 2, min: 0, max: 5000 },
  },
  cellVoltages: { noiseSd: 0.001, resolution: 0.001, scanS: 20, unscanned: 0 },
  probes: { count: 24, noiseSd: 0.1, resolution: 1, t90S: 15, deliver: 'list', unscanned: -40 },
};

/** A cycler with one thermocouple and sixteen bits, a row a second. */
const laboratory1s = {
  sampling: { intervalS: 1, jitterS: 0.003 },
  channels: {
    voltage_v: { noiseSd: 0.0018, resolution: 0.0001 },
    current_a: { noiseSd: 0.015, resolution: 0.0001, offset: 0.03 },
  },
  probes: { count: 1, noiseSd: 0.0115, resolution: 0.000001, t90S: 3, min: -200, max: 1370 },
};

/** A cycler that writes when something moved, every 9 to 19 s. */
const laboratorySlow = {
  sampling: { intervalS: [9.27, 19.6] },
  channels: {
    voltage_v: { noiseSd: 0.00013, resolution: 0 },
    current_a: { noiseSd: 0.0015, resolution: 0 },
  },
  probes: { count: 1, noiseSd: 0.006, resolution: 0, t90S: 3, min: -200, max: 1370 },
};

/** The logger of an abuse test: thermocouples of type K and the voltage at 10 Hz, no current. */
const laboratoryFast = {
  sampling: { intervalS: 0.1 },
  channels: {
    voltage_v: { noiseSd: 0.002, resolution: 0.001 },
    ambient_temperature_degc: { noiseSd: 0.1, resolution: 0.1, min: -200, max: 1370 },
  },
  probes: { count: 3, noiseSd: 0.1, resolution: 0.1, t90S: 1, t90Factor: [0.5, 3], min: -200, max: 1370 },
};

/** As a person would write them; `validateSensorPlan({preset})` fills them in. */
export const SENSOR_PRESETS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  rack,
  seed,
  'vehicle-1s': vehicle1s,
  'vehicle-30s': vehicle30s,
  'laboratory-1s': laboratory1s,
  'laboratory-slow': laboratorySlow,
  'laboratory-fast': laboratoryFast,
};
