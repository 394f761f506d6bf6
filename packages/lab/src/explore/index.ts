export type { Exploration } from './exploration.ts';
export { type Comparison, compare, type Explored, type ExploreOptions, explore } from './explore.ts';
export { renderExploration } from './report.ts';
