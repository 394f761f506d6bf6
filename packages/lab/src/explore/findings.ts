/** What is odd about data, in words, the weightiest first. */
import { duration, plural } from '../report/wording.ts';
import { missingShare } from './compare.ts';
import type { Exploration, Finding } from './exploration.ts';
import type { SignalSummary } from './signal.ts';
import { percent } from './wording.ts';

type Facts = Omit<Exploration, 'findings'>;
type Look = (facts: Facts) => readonly Finding[];

const finding = (weight: number, topic: string, text: string): Finding => ({ weight, topic, text });
const named = (signals: readonly SignalSummary[]): string => {
  const names = signals.slice(0, 4).map(({ id }) => id);
  return names.join(', ') + (signals.length > 4 ? ` and ${signals.length - 4} more` : '');
};

/** At most 40 points for a share of 10 % and more. */
const byShare = (share: number): number => Math.min(40, 400 * share);

const rejectedRows: Look = ({ frames, rejectedRows: rows, rejections }) => {
  if (rows === 0) return [];
  const share = rows / (rows + frames);
  const first = rejections.find(({ scope }) => scope === 'row');
  return [
    finding(
      10 + 1.5 * byShare(share),
      'rejected-rows',
      `${plural(rows, 'row')} of ${plural(rows + frames, 'row')} (${percent(share)}) cannot be used${first ? `${rows > 1 ? ', most of them' : ''}: ${first.meaning}` : ''}.`,
    ),
  ];
};

const impossibleValues: Look = ({ signals }) =>
  signals
    .filter(({ impossible }) => impossible > 0)
    .map((signal) => {
      const share = signal.impossible / (signal.values + signal.missing);
      return finding(
        35 + byShare(share),
        'impossible-values',
        `${signal.id}: ${plural(signal.impossible, 'frame')} with a value that no sensor can measure; it is taken as missing.`,
      );
    });

const MISSING_FROM = 0.0005;

const missingValues: Look = ({ signals }) => {
  const holed = signals.filter(
    (signal) => missingShare(signal) > MISSING_FROM && !signal.id.includes('spread'),
  );
  if (holed.length === 0) return [];
  const worst = holed.reduce((a, b) => (missingShare(b) > missingShare(a) ? b : a));
  const evenly = holed.length > 2 && missingShare(worst) < 0.005;
  const text = evenly
    ? `${holed.length} signals lack values here and there, the most in ${worst.id} (${percent(missingShare(worst))}).`
    : `Values are missing in ${named(holed)}; the most in ${worst.id}: ${percent(missingShare(worst))}.`;
  return [finding(12 + byShare(missingShare(worst)), 'missing-values', text)];
};

const sharedStamps: Look = ({ rowsSpread: spread }) =>
  spread === null
    ? []
    : [
        finding(
          30,
          'shared-stamps',
          `Up to ${spread.atOnceMax} rows of a module share a stamp (${plural(spread.rows, 'row')} of ${plural(spread.modules, 'module')}): they are spread evenly until the next stamp, so fast changes are blurred. Log milliseconds, or name the column of their order in time.order.`,
        ),
      ];

const clocks: Look = ({ clocksSetBack }) => {
  const [longest] = [...clocksSetBack].sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs));
  if (!longest) return [];
  return [
    finding(
      55,
      'clock-set-back',
      `The clock of ${longest.moduleId} goes back at line ${longest.line}: ${duration(longest.toMs - longest.fromMs)} of rows repeat times that were there already${clocksSetBack.length > 1 ? ` (and ${plural(clocksSetBack.length - 1, 'more such time')})` : ''}.`,
    ),
  ];
};

const gaps: Look = ({ sampling, mapping, dataset }) => {
  if (sampling.gaps === 0) return [];
  if (mapping.segmentGap !== null)
    return [
      finding(
        5,
        'gaps',
        `${plural(sampling.gaps, 'gap')} in the frames; where a segment ends, the mapping puts ${mapping.segmentGap} that nobody measured.`,
      ),
    ];
  const [longest] = sampling.longestGaps;
  const max = longest ? `, the longest ${duration(longest.toMs - longest.fromMs)} in ${longest.module}` : '';
  return [
    finding(
      // Plans of datasets have dropouts on purpose.
      (dataset ? 5 : 15) + byShare(sampling.gapShare),
      'gaps',
      `${plural(sampling.gaps, 'gap')} in the frames${max}: ${percent(sampling.gapShare)} of the time has no data.`,
    ),
  ];
};

const irregular: Look = ({ sampling, dataset }) => {
  const { usualIntervalMs, regularShare, commonest } = sampling;
  if (usualIntervalMs === null || regularShare > 0.9) return [];
  const list = commonest
    .slice(0, 3)
    .map(({ intervalMs, share }) => `${duration(intervalMs)} (${percent(share)})`);
  return [
    finding(
      20 + 20 * (1 - regularShare),
      'irregular-sampling',
      `${dataset ? 'Within their runs, frames' : 'Frames'} come irregularly: ${list.join(', ')} are the commonest intervals. A rate per frame is not a rate per second.`,
    ),
  ];
};

const sensorFaults: Look = ({ sensorFaults: faults, modules }) =>
  faults
    // Told by what is impossible.
    .filter(({ kind }) => kind !== 'impossible')
    .slice(0, 3)
    .map(({ channel, text, modules: hit, times, firstModule }) =>
      finding(
        35 + 30 * Math.min(1, hit / Math.max(1, modules)),
        'sensor-fault',
        `The detector finds ${channel === '' ? 'a sensor' : channel} at fault in ${plural(hit, 'module')} (${times === 1 ? 'once' : `${times} times`}): ${text}${hit > 1 ? `, first in ${firstModule}` : ''}.`,
      ),
    );

const constants: Look = ({ signals, frames }) => {
  const still = signals.filter(({ values, min, max }) => values > 50 && min === max);
  if (still.length === 0 || frames < 50) return [];
  return [
    finding(
      32,
      'constant',
      `${named(still)} never ${still.length === 1 ? 'changes' : 'change'}: no information, or a value that somebody filled in.`,
    ),
  ];
};

const frozen: Look = ({ frozenFrames, frames }) => {
  const share = frozenFrames / frames;
  if (share < 0.02) return [];
  return [
    finding(
      10 + byShare(share) * 0.75,
      'frozen-frames',
      `${percent(share)} of the frames repeat the frame before in every value: the source delivers faster than it measures, or it holds the last value.`,
    ),
  ];
};

const FEWEST_SPIKES = 5;
/** Above this share, leaping up and down is what the signal does. */
const MAX_SPIKE_SHARE = 0.01;

const spikes: Look = ({ signals }) => {
  // Voltage answers to current: where that leaps, both do.
  const load = signals.find(({ id }) => id === 'current_a')?.spikes ?? 0;
  const spiky = signals.filter(
    ({ id, spikes: n, values }) =>
      n >= FEWEST_SPIKES &&
      n < MAX_SPIKE_SHARE * values &&
      id !== 'current_a' &&
      !id.includes('spread') &&
      !(/voltage/.test(id) && load >= n / 2),
  );
  if (spiky.length === 0) return [];
  const max = spiky.reduce((a, b) => (b.spikes > a.spikes ? b : a));
  return [
    finding(
      28,
      'spikes',
      `Single values leap away from both neighbours in ${named(spiky)}: about ${plural(max.spikes, 'time')} in ${max.id} (${percent(max.spikes / max.values)}). No heat does that: outliers of the measurement, or switching.`,
    ),
  ];
};

const signOfCurrent: Look = ({ load }) => {
  const { stepCorrelation, currentSteps, capacityAh, chargeCorrelation } = load;
  const isTurnedBySoc = capacityAh !== null && capacityAh < 0 && (chargeCorrelation ?? 0) < -0.3;
  const isTurnedByVoltage = (stepCorrelation ?? 0) < -0.4 && currentSteps > 100;
  if (isTurnedBySoc && (stepCorrelation ?? 0) > 0.4)
    return [
      finding(
        60,
        'charge-contradicts-current',
        'State of charge falls while the current charges, though voltage and current agree: one of the two columns is not what it says.',
      ),
    ];
  if (!isTurnedBySoc && !isTurnedByVoltage) return [];
  const proof = isTurnedBySoc
    ? 'state of charge falls while the current charges'
    : 'voltage falls when the current rises';
  return [
    finding(
      90,
      'sign-of-current',
      `The sign of the current looks turned: ${proof}. Here positive must charge; set positive: discharging (or charging) in the mapping.`,
    ),
  ];
};

/** An estimate from coulombs and state of charge this far from the nameplate is worth a word. */
const CAPACITY_TOLERANCE = 0.3;

const capacity: Look = ({ load, nameplate, dataset }) => {
  const { capacityAh, chargeCorrelation } = load;
  const said = nameplate?.capacityAh;
  // Runs of a dataset have a capacity each, and tell it themselves.
  if (dataset || capacityAh === null || capacityAh <= 0 || (chargeCorrelation ?? 0) < 0.8) return [];
  if (said === undefined)
    return [
      finding(
        8,
        'capacity',
        `Current and state of charge fit a capacity of ${capacityAh.toPrecision(3)} Ah; the mapping gives none.`,
      ),
    ];
  if (Math.abs(capacityAh / said - 1) < CAPACITY_TOLERANCE) return [];
  return [
    finding(
      45,
      'capacity',
      `Current and state of charge fit a capacity of ${capacityAh.toPrecision(3)} Ah, the mapping says ${said} Ah.`,
    ),
  ];
};

const labels: Look = ({ labels: found, modules }) => {
  if (!found) return [];
  const { rows, hazardRows, hazardModules, windowCount, column } = found;
  if (hazardRows === 0)
    return [finding(50, 'labels', `${column} is never set: there is nothing to learn from here.`)];
  return [
    finding(
      windowCount < 10 ? 80 : 40,
      'labels',
      `${plural(hazardRows, 'row')} of ${plural(rows, 'row')} (${percent(hazardRows / rows)}) are labelled hazardous, in ${plural(hazardModules, 'module')} of ${modules}, ${windowCount === 1 ? 'in one stretch of time' : `in ${windowCount} stretches of time`}.${windowCount < 10 ? ' A split by rows would put neighbours of one event on both sides: figures of such a split prove nothing.' : ''}`,
    ),
  ];
};

/** Of the labelled rows. */
const WORTH_SAYING_BEFORE_ONSET = 0.05;

const balance: Look = ({ dataset }) => {
  if (!dataset) return [];
  const share = dataset.hazardRows / dataset.rows;
  const found = [
    finding(
      40,
      'class-balance',
      `${plural(dataset.events, 'point')} of no return in ${plural(dataset.runs, 'run')}; ${plural(dataset.hazardRows, 'row')} of ${plural(dataset.rows, 'row')} (${percent(share)}) are labelled hazardous.`,
    ),
  ];
  const { hazardRows, hazardRowsBeforeOnset: before } = dataset;
  if (before >= WORTH_SAYING_BEFORE_ONSET * hazardRows && before > 0)
    found.push(
      finding(
        60,
        'labels',
        `About ${percent(before / hazardRows)} of the labelled rows lie before the fault begins, where nothing can show: leave out rows with hazard_label 1, fault_active 0 and a fault_kind before training on the label.`,
      ),
    );
  if (dataset.failed.length > 0)
    found.push(
      finding(
        65,
        'failed-runs',
        `${plural(dataset.failed.length, 'run')} of the plan could not be made, the first (${dataset.failed[0]!.run}): ${dataset.failed[0]!.reason}.`,
      ),
    );
  return found;
};

const events: Look = ({ around }) => {
  if (!around || around.calmModules === 0) return [];
  // A signal that few events have says little of all of them.
  const enough = Math.min(around.events, Math.max(3, 0.3 * around.events));
  const apart = around.signals
    .filter(({ apartFromMin, events: n }) => apartFromMin !== null && n >= enough)
    .sort((a, b) => b.apartFromMin! - a.apartFromMin!);
  const [first] = apart;
  if (!first)
    return [finding(42, 'events', `No signal stands apart from the calm modules before ${around.anchor}.`)];
  return [
    finding(
      42,
      'events',
      `Before ${around.anchor}, ${first.label.toLowerCase()} leaves the range of the calm modules first: ${Math.round(first.apartFromMin!)} min before (median of ${plural(first.events, 'event')}).`,
    ),
  ];
};

const coarse: Look = ({ signals }) =>
  signals
    .filter(
      ({ id, resolution }) => /temperature/.test(id) && !id.includes('spread') && (resolution ?? 0) >= 0.5,
    )
    .slice(0, 1)
    .map(({ id, resolution }) =>
      finding(
        22,
        'coarse',
        `${id} moves in steps of ${resolution} °C: heating of ${resolution} K is invisible, and its rate is a row of jumps.`,
      ),
    );

const twins: Look = ({ correlations: { signals, matrix } }) => {
  const pairs: string[] = [];
  for (let i = 0; i < signals.length; i++)
    for (let j = i + 1; j < signals.length; j++)
      if (Math.abs(matrix[i]![j] ?? 0) > 0.9995) pairs.push(`${signals[i]} and ${signals[j]}`);
  if (pairs.length === 0) return [];
  return [
    finding(18, 'redundant', `${pairs.slice(0, 2).join('; ')} say the same (correlation above 0.9995).`),
  ];
};

const ESSENTIAL: readonly [ids: readonly string[], text: string][] = [
  [
    ['surface_temperature_max_degc', 'surface_temperature_mean_degc', 'cell_temperatures_degc'],
    'No temperature at all: heat cannot be seen.',
  ],
  [['voltage_v', 'cell_voltages_v', 'cell_voltage_min_v'], 'No voltage at all.'],
  [['current_a'], 'No current: heat of the load cannot be told from heat of a fault.'],
  [['ambient_temperature_degc'], 'No ambient temperature: a hot room and a hot module look alike.'],
  [['co_ppm', 'h2_ppm', 'voc_ppm'], 'No gas sensor: venting cannot be noticed.'],
];

const absences: Look = ({ absent }) =>
  ESSENTIAL.flatMap(([ids, text], k) =>
    ids.every((id) => absent.includes(id)) ? [finding(k === 0 ? 70 : 16 - k, 'absent', text)] : [],
  );

const LOOKS: readonly Look[] = [
  signOfCurrent,
  labels,
  balance,
  clocks,
  sharedStamps,
  rejectedRows,
  impossibleValues,
  sensorFaults,
  gaps,
  irregular,
  capacity,
  constants,
  spikes,
  missingValues,
  frozen,
  events,
  coarse,
  twins,
  absences,
];

export const findingsOf = (facts: Facts): Finding[] =>
  LOOKS.flatMap((look) => look(facts)).sort((a, b) => b.weight - a.weight);
