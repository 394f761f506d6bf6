/** @param scope names of modules, or beginnings with `*` at their end (`RackA1_*`) */
export const mayDeliver = (scope: readonly string[], moduleId: string): boolean =>
  scope.some((name) => (name.endsWith('*') ? moduleId.startsWith(name.slice(0, -1)) : name === moduleId));
