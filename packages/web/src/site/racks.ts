/** Racks of a site in the order of their names, and what is seen of them at a glance. */
import { LEVELS, type Level, levelRank } from '@emberwatch/engine/detector';
import type { ModuleIndex } from '../live/module-index.ts';
import { naturalOrder } from '../live/names.ts';
import { concernOf } from '../live/severity.ts';
import type { RetiredModule } from '../wire.ts';

export interface Rack {
  /** Empty for modules without a rack. */
  readonly id: string;
  readonly modules: readonly string[];
  /** Places of modules that were retired. */
  readonly retired: readonly RetiredModule[];
}

export function racksOf(moduleIndex: ModuleIndex, retired: readonly RetiredModule[] = []): Rack[] {
  const racks = new Map<string, string[]>();
  for (const { rackId } of retired) racks.set(rackId ?? '', []);
  for (const { moduleId, rackId } of moduleIndex.all()) {
    const id = rackId ?? '';
    const members = racks.get(id);
    if (members) members.push(moduleId);
    else racks.set(id, [moduleId]);
  }
  return [...racks]
    .map(([id, members]) => ({
      id,
      modules: members.sort(naturalOrder),
      retired: retired
        .filter(({ rackId }) => (rackId ?? '') === id)
        .sort((a, b) => naturalOrder(a.moduleId, b.moduleId)),
    }))
    .sort((a, b) => naturalOrder(a.id, b.id));
}

export const rackName = ({ id }: Rack): string => id || 'Modules without a rack';

export interface RackSummary {
  readonly worst: Level;
  readonly counts: Readonly<Record<Level, number>>;
  /** Null where no module measures it. */
  readonly hottestDegC: number | null;
}

export function summaryOf(rack: Rack, moduleIndex: ModuleIndex): RackSummary {
  const counts = Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>;
  let worst: Level = 'unknown';
  let hottestDegC: number | null = null;
  for (const moduleId of rack.modules) {
    const module = moduleIndex.get(moduleId);
    if (!module) continue;
    counts[module.level]++;
    const concern = concernOf(module);
    if (levelRank(concern) > levelRank(worst)) worst = concern;
    const temperatureDegC = module.values['hottest_degc'] ?? null;
    if (temperatureDegC !== null && (hottestDegC === null || temperatureDegC > hottestDegC))
      hottestDegC = temperatureDegC;
  }
  return { worst, counts, hottestDegC };
}
