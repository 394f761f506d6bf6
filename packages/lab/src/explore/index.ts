export {
  type Comparison,
  compare,
  type Exploration,
  type Explored,
  type ExploreOptions,
  explore,
} from './explore.ts';
export { renderExploration } from './report.ts';
