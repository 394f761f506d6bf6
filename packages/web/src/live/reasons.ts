import type { Reason } from '@emberwatch/engine/detector';

/** Two limits passed by one figure are one reason to a reader: the higher level comes first and is kept. */
export function distinctReasons(reasons: readonly Reason[]): Reason[] {
  const seen = new Set<string>();
  return reasons.filter(({ rule, physics, value, unit }) => {
    const key = value === null ? rule : `${physics} ${value} ${unit}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
