/** The state of the whole site in one word and one sentence. */
import type { Level } from '@emberwatch/engine/detector';
import { countText, spanText } from '../ui/format.ts';
import type { Times } from '../ui/times.ts';
import type { Health, RetiredModule } from '../wire.ts';
import { LEVEL_WORD } from './level.tsx';
import { concernOf, isAlarm } from './severity.ts';
import type { SiteView } from './store.ts';

export interface SiteState {
  readonly level: Level;
  readonly word: string;
  readonly detail: string;
}

const UNKNOWN = (word: string, detail: string): SiteState => ({ level: 'unknown', word, detail });

function obstacle({ connection, health }: SiteView, worst: Level): SiteState | null {
  if (connection === 'connecting') return UNKNOWN('Connecting', 'Waiting for the service to answer.');
  if (connection === 'lost') return UNKNOWN('No connection', `Last known state: ${LEVEL_WORD[worst]}`);
  if (health?.status === 'waiting') return UNKNOWN('No data yet', 'Waiting for the first frame.');
  if (health?.status === 'failing')
    return UNKNOWN('Not judging', `The detector failed: ${health.detectorMessage ?? 'no reason given'}`);
  // An alarm outlasts the data: it is shown until data clear it.
  if (health?.status === 'no-data' && !isAlarm(worst)) return UNKNOWN('No data', 'Nothing arrives.');
  return null;
}

export const noDataText = (health: Health, times: Times): string =>
  health.lastFrameMs === null
    ? 'Nothing has arrived yet.'
    : `Nothing has arrived since ${times.instant(health.lastFrameMs)}, ${spanText(health.nowMs - health.lastFrameMs)} ago.`;

const allText = (count: number): string => (count === 1 ? '1 module' : `All ${countText(count, 'module')}`);

/** Retired, with an alarm of hazard that is not closed. */
const retiredInAlarm = ({ retired, alarms }: SiteView): readonly RetiredModule[] =>
  retired.filter(({ moduleId }) =>
    alarms.all().some(({ kind, source }) => kind === 'hazard' && source === moduleId),
  );

export function siteStateOf(view: SiteView): SiteState {
  const { moduleIndex } = view;
  const { worst, counts, size } = moduleIndex;
  const blocked = obstacle(view, worst);
  if (blocked) return blocked;
  const unevaluated = counts.unknown > 0 ? `${counts.unknown.toLocaleString('en')} cannot be judged` : '';
  if (isAlarm(worst)) {
    const concerned = [...moduleIndex.concerned.values()].filter(
      (module) => concernOf(module) === worst,
    ).length;
    const detail = `${countText(concerned, 'module')} of ${size.toLocaleString('en')}`;
    return {
      level: worst,
      word: LEVEL_WORD[worst],
      detail: unevaluated ? `${detail}; ${unevaluated}` : detail,
    };
  }
  // The emergency of a module that was retired in alarm is not over before it is reset.
  const unwatched = retiredInAlarm(view).length;
  if (unwatched > 0)
    return UNKNOWN('Not all watched', `${countText(unwatched, 'module')} retired in alarm: not watched`);
  if (worst === 'unknown') return UNKNOWN('Unknown', 'No module can be judged yet.');
  return { level: 'normal', word: 'Normal', detail: unevaluated || allText(size) };
}
