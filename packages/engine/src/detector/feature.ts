/** What stands in the tables of features. */

/** Which kind of physics a reason rests on: critical needs two that agree. */
export type Physics = 'thermal' | 'electrical' | 'gas';

export interface Feature {
  readonly id: string;
  /** Null: of several, or of the data themselves. */
  readonly physics: Physics | null;
  /** How a reason names it. */
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  /** How far back it looks, s; 0: the present. Slow sampling stretches it to at least five frames. */
  readonly windowS: number;
  /** 1: more is never safer, -1: less is never safer, 0: physics does not say. */
  readonly monotone: 1 | -1 | 0;
  /** Whether a model may look at it: what tells how the data were taken tells nothing of a hazard. */
  readonly model: boolean;
  /** Physical sign it is, and when it is blind. */
  readonly sign: string;
  readonly blind: string;
}
