/**
 * Weights of modules. Every event counts alike, however long it was recorded and how fast; what is known beforehand,
 * the site and which channels there are, must not tell the outcome.
 */
import { S_PER_H } from '@emberwatch/engine/units';
import type { Unit } from '../rows/rows.ts';

/** A calm module counts in full once it was watched for so long, s. */
const FULL_CALM_S = 6 * S_PER_H;
/** Of the weight of each site and set of channels, what is hazardous. */
export const HAZARD_SHARE = 0.25;
/** A site with few of a kind is not made up for without end: single rows would carry everything. */
const MAX_SCALE = 8;

/** Weight of each unit, NaN-free; all rows of a unit share it. Shape [units]. */
export function unitWeights(units: readonly Unit[]): Float64Array {
  const weights = Float64Array.from(units, ({ lesson, timeS }) =>
    lesson === 'calm' ? Math.min(1, timeS / FULL_CALM_S) : timeS > 0 ? 1 : 0,
  );
  const cells = new Map<string, number[]>();
  for (const [i, { cell }] of units.entries()) {
    const members = cells.get(cell);
    if (members) members.push(i);
    else cells.set(cell, [i]);
  }
  for (const members of cells.values()) {
    const of = (isHazard: boolean): number[] =>
      members.filter((i) => (units[i]!.lesson === 'hazard') === isHazard);
    const sum = (indices: readonly number[]): number => indices.reduce((total, i) => total + weights[i]!, 0);
    const [hazard, others] = [of(true), of(false)];
    const wanted = (sum(others) * HAZARD_SHARE) / (1 - HAZARD_SHARE);
    const have = sum(hazard);
    if (have === 0 || wanted === 0) continue;
    // Half of the way each, so that neither grows out of proportion.
    const ratio = Math.min(MAX_SCALE ** 2, Math.max(MAX_SCALE ** -2, wanted / have));
    const scale = Math.sqrt(ratio);
    for (const i of hazard) weights[i]! *= scale;
    for (const i of others) weights[i]! /= scale;
  }
  return weights;
}
