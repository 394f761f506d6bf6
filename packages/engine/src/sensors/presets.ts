/** Equipment as it is found. How each number was found stands in docs/sensors.md. */

const thermistor = { noiseSd: 0.05, resolution: 0.1, min: -55, max: 200 };
const cellVoltage = { noiseSd: 0.0005, resolution: 0.001 };

const rackChannels = {
  surface_temperature_mean_degc: thermistor,
  surface_temperature_max_degc: thermistor,
  surface_temperature_min_degc: thermistor,
  voltage_v: { noiseSd: 0.01, resolution: 0.01 },
  current_a: { noiseSd: 0.2, resolution: 0.1 },
  soc_percent: { resolution: 0.1 },
  cell_voltage_min_v: cellVoltage,
  cell_voltage_max_v: cellVoltage,
  cell_voltage_mean_v: cellVoltage,
  co_ppm: { noiseSd: 0.3, resolution: 0.1, offset: 1, min: 0 },
  h2_ppm: { noiseSd: 0.3, resolution: 0.1, offset: 1, min: 0 },
  voc_ppm: { noiseSd: 0.3, resolution: 0.1, offset: 2, min: 0 },
  ambient_temperature_degc: thermistor,
};

/** Thermistors of 0.1 K, cell taps of 1 mV, gas sensors that are as quick as the air. */
const rack = { channels: rackChannels };

const gasCell = { noiseSd: 0.5, resolution: 1, offset: 1, min: 0, max: 1000, t90S: 30 };
const agedThermistor = { ...thermistor, t90S: 10, offsetSd: 0.5 };

/** The same rack after some years: slow gas sensors that wander and see each other's gas, thermistors that disagree. */
const rackField = {
  missingShare: 0.0005,
  outlierShare: 0.0001,
  gateway: { dropoutsPerDay: 2, dropoutS: [20, 600], lateShare: 0.0005, lateS: [1, 30] },
  clock: { driftPpm: 20 },
  channels: {
    ...rackChannels,
    surface_temperature_mean_degc: agedThermistor,
    surface_temperature_max_degc: agedThermistor,
    surface_temperature_min_degc: agedThermistor,
    ambient_temperature_degc: agedThermistor,
    current_a: { noiseSd: 0.2, resolution: 0.1, offsetSd: 0.2 },
    co_ppm: {
      ...gasCell,
      driftSd: 1,
      cross: { h2_ppm: 0.12 },
    },
    h2_ppm: {
      ...gasCell,
      max: 10_000,
      t90S: 18,
      driftSd: 2,
      cross: { co_ppm: 0.05 },
    },
    voc_ppm: {
      ...gasCell,
      offset: 2,
      driftSd: 2,
      cross: { humidity_percent: 0.05 },
    },
  },
};

const seedGas = { noiseSd: 0.5, resolution: 0.001, offset: 2, outlierSigma: 70 };

/** The thirteen columns of the seed's generator. Its outliers stand in current, gas and ambient only. */
const seed = {
  missingShare: 0.0005,
  outlierShare: 0.0001,
  outlierSigma: 7,
  sampling: { intervalS: 10 },
  clock: { resolutionS: 1 },
  channels: {
    surface_temperature_mean_degc: { noiseSd: 0.3, resolution: 0.001, outlierShare: 0 },
    surface_temperature_max_degc: { noiseSd: 0.4, resolution: 0.001, outlierShare: 0 },
    voltage_v: { noiseSd: 0.15, resolution: 0.001, outlierShare: 0 },
    current_a: { noiseSd: 0.05, resolution: 0.001, outlierSigma: 14 },
    soc_percent: { noiseSd: 1.5, resolution: 0.001, outlierShare: 0 },
    co_ppm: seedGas,
    h2_ppm: seedGas,
    voc_ppm: seedGas,
    ambient_temperature_degc: { noiseSd: 0.1, resolution: 0.001 },
  },
};

/** A car's pack over its telematics unit, a row a second: five of 96 cells and five of 24 probes are new in each. */
const vehicle1s = {
  sampling: { intervalS: 1 },
  clock: { resolutionS: 1 },
  gateway: { dropoutsPerDay: 38, dropoutS: [20, 600], restartChance: 0.24 },
  channels: {
    voltage_v: { noiseSd: 0.045, resolution: 0.25 },
    current_a: { noiseSd: 0.04, resolution: 0.25 },
    soc_percent: { resolution: 0.1 },
    cell_voltage_min_v: { noiseSd: 0.00016, resolution: 0.001 },
    cell_voltage_max_v: { noiseSd: 0.00016, resolution: 0.001 },
    surface_temperature_max_degc: { noiseSd: 0.18, resolution: 0.5 },
    surface_temperature_min_degc: { noiseSd: 0.18, resolution: 0.5 },
  },
  cellVoltages: { noiseSd: 0.00016, resolution: 0.001, scanS: 19, unscanned: 66.535, max: 66.535 },
  probes: { count: 24, noiseSd: 0.18, resolution: 1, t90S: 10, scanS: 4.8, min: -40 },
};

/** Another car, a row every 30 s. */
const vehicle30s = {
  sampling: { intervalS: 30 },
  clock: { resolutionS: 1 },
  gateway: { dropoutsPerDay: 172, dropoutS: [90, 5400], restartChance: 0.013 },
  channels: {
    voltage_v: { noiseSd: 0.02, resolution: 0.1 },
    current_a: { noiseSd: 0.04, resolution: 0.1 },
    soc_percent: { resolution: 1 },
    cell_voltage_min_v: { noiseSd: 0.00035, resolution: 0.001 },
    cell_voltage_max_v: { noiseSd: 0.00035, resolution: 0.001 },
    surface_temperature_max_degc: { noiseSd: 0.12, resolution: 1 },
    surface_temperature_min_degc: { noiseSd: 0.12, resolution: 1 },
    insulation_kohm: { resolution: 1, max: 5000 },
  },
  cellVoltages: { noiseSd: 0.00035, resolution: 0.001, scanS: 19, unscanned: 0 },
  probes: { count: 19, noiseSd: 0.12, resolution: 1, t90S: 10, scanS: 4.8, min: -40, unscanned: -40 },
};

const thermocouple = { t90S: 1, min: -200, max: 1370 };

/** A cycler with one thermocouple, a row a second. */
const laboratory1s = {
  sampling: { intervalS: 1, jitterS: 0.002 },
  channels: {
    voltage_v: { noiseSd: 0.0016, resolution: 0.0001 },
    current_a: { noiseSd: 0.013, resolution: 0.0001, offset: 0.035 },
  },
  probes: { ...thermocouple, count: 1, noiseSd: 0.013, resolution: 0.000001 },
};

/** A cycler that writes a row every 9 to 20 s, with all digits of its floating point numbers. */
const laboratorySlow = {
  sampling: { intervalS: [9.3, 19.6] },
  channels: {
    voltage_v: { noiseSd: 0.00013, resolution: 0 },
    current_a: { noiseSd: 0.0015, resolution: 0 },
  },
  probes: { ...thermocouple, count: 1, noiseSd: 0.006, resolution: 0 },
};

const surfaceProbe = { ...thermocouple, noiseSd: 0.1, resolution: 0.1, offsetSd: 0.5 };

/** The logger of an abuse test: thermocouples and the voltage at 10 Hz, no current. */
const laboratoryFast = {
  sampling: { intervalS: 0.1 },
  channels: {
    voltage_v: { noiseSd: 0.002, resolution: 0.001 },
    ambient_temperature_degc: surfaceProbe,
  },
  probes: { ...surfaceProbe, count: 3, t90Factor: [0.2, 6] },
};

/** As a person would write them; `validateSensorPlan({preset})` fills them in. */
export const SENSOR_PRESETS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  rack,
  'rack-field': rackField,
  seed,
  'vehicle-1s': vehicle1s,
  'vehicle-30s': vehicle30s,
  'laboratory-1s': laboratory1s,
  'laboratory-slow': laboratorySlow,
  'laboratory-fast': laboratoryFast,
};
