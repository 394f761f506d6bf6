/** The state of the whole site in one word and one sentence. */
import { LEVELS, type Level, levelRank } from '@emberwatch/engine/detector';
import { countText, instantText, spanText } from './format.ts';
import { concernOf, isAlarm, LEVEL_WORD } from './level.tsx';
import type { SiteView } from './site.ts';
import type { Health } from './wire.ts';

export interface SiteState {
  readonly level: Level;
  readonly word: string;
  readonly detail: string;
}

export function countsOf({ modules }: SiteView): Record<Level, number> {
  const counts = Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>;
  for (const module of modules.values()) counts[module.level]++;
  return counts;
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

export const noDataText = (health: Health): string =>
  health.lastFrameMs === null
    ? 'Nothing has arrived yet.'
    : `Nothing has arrived since ${instantText(health.lastFrameMs)}, ${spanText(health.nowMs - health.lastFrameMs)} ago.`;

const allText = (count: number): string => (count === 1 ? '1 module' : `All ${count} modules`);

export function siteStateOf(view: SiteView): SiteState {
  const modules = [...view.modules.values()];
  const worst = modules.reduce<Level>(
    (level, module) => (levelRank(concernOf(module)) > levelRank(level) ? concernOf(module) : level),
    'unknown',
  );
  const blocked = obstacle(view, worst);
  if (blocked) return blocked;
  const counts = countsOf(view);
  const unjudged = counts.unknown > 0 ? `${counts.unknown} of ${modules.length} cannot be judged` : '';
  if (isAlarm(worst)) {
    const concerned = modules.filter((module) => concernOf(module) === worst).length;
    const detail = `${countText(concerned, 'module')} of ${modules.length}`;
    return { level: worst, word: LEVEL_WORD[worst], detail: unjudged ? `${detail}; ${unjudged}` : detail };
  }
  if (worst === 'unknown') return UNKNOWN('Unknown', 'No module can be judged yet.');
  return {
    level: 'normal',
    word: 'Normal',
    detail: unjudged || allText(modules.length),
  };
}
