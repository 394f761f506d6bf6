/** How a run is shown to training: as it was recorded, and once more as a poorer site would have recorded it. */
import { createRandom } from '@emberwatch/engine/random';
import type { RunRecord } from '../dataset/manifest.ts';
import {
  CHANNEL_GROUPS,
  type ChannelGroup,
  inTurn,
  type Perturbation,
  rarer,
  without,
} from './perturbation.ts';

/** Groups that a poorer site may lack, each with this chance. Heat and voltage never go together. */
const MAY_LACK: readonly (readonly [ChannelGroup, number])[] = [
  ['current', 0.5],
  ['state of charge', 0.5],
  ['gas', 0.5],
  ['ambient', 0.5],
  ['cells', 0.4],
  ['probes', 0.4],
  ['siblings', 0.5],
  ['nameplate', 0.3],
];
const LACKS_VOLTAGE = 0.1;
const LACKS_TEMPERATURE = 0.1;
/** Some deliver rarely. */
const RARE = 0.15;
const RARE_INTERVALS_S = [10, 30, 60] as const;

const AS_RECORDED: Perturbation = inTurn('as recorded', []);

/**
 * View 0 is the run as recorded, every other one a poorer site, drawn from seed and run. `always`: groups that no view
 * has, for ablations.
 */
export function viewOf(
  run: RunRecord,
  view: number,
  seed: number,
  always: readonly ChannelGroup[] = [],
): Perturbation {
  if (view === 0) return always.length > 0 ? without(always) : AS_RECORDED;
  const random = createRandom(seed, `view/${run.run}/${view}`);
  const lacking = MAY_LACK.filter(([, chance]) => random.uniform() < chance).map(([group]) => group);
  const draw = random.uniform();
  if (draw < LACKS_VOLTAGE) lacking.push('voltage');
  else if (draw < LACKS_VOLTAGE + LACKS_TEMPERATURE) lacking.push('temperature');
  const changes = [without([...lacking, ...always])];
  if (random.uniform() < RARE)
    changes.push(rarer(RARE_INTERVALS_S[random.integer(RARE_INTERVALS_S.length)]!));
  return inTurn(changes.map(({ name }) => name).join(', '), changes);
}

/**
 * Site, and which groups of channels it delivers: what is known before anything is measured. Views other than the
 * first hide groups by lot, which tells nothing.
 */
export function channelSetOf({
  site,
  channels,
  cellVoltages,
  probes,
  moduleCount,
  nameplate,
}: RunRecord): string {
  const has = (group: ChannelGroup): boolean =>
    (CHANNEL_GROUPS[group] as readonly string[]).some((id) => channels.includes(id));
  const groups = [
    ...MAY_LACK.map(([group]) => group).filter(has),
    ...(['voltage', 'temperature'] as const).filter(has),
    ...(cellVoltages > 0 ? ['cell voltages'] : []),
    ...(probes > 0 ? ['cell temperatures'] : []),
    ...(moduleCount > 2 ? ['siblings'] : []),
    ...(Object.keys(nameplate).length > 0 ? ['nameplate'] : []),
  ];
  return `${site}: ${groups.join(', ')}`;
}
