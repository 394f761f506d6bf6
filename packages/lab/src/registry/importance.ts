/** Which features a model decides by, from its own nodes: no data needed. */
import type { ModelDocument, TreeDocument } from '@emberwatch/engine/detector';

export interface Importance {
  readonly id: string;
  readonly unit: string;
  /** Of all; they add up to 1. */
  readonly share: number;
}

/**
 * Trees: how far the splits of a feature move the expectation, weighted by the training rows that pass: mean of
 * |value(child) − value(node)|. Linear: size of the weights, which stand before scaled features. The largest first.
 */
export function importanceOf({ features, scorer }: ModelDocument): Importance[] {
  const moved = new Float64Array(features.length);
  if (scorer.kind === 'linear')
    for (const [f, weight] of scorer.weight.entries()) moved[f] = Math.abs(weight);
  else for (const tree of scorer.trees) addTree(tree, moved);
  const all = moved.reduce((sum, one) => sum + one, 0);
  return features
    .map(({ id, unit }, f) => ({ id, unit, share: all > 0 ? moved[f]! / all : 0 }))
    .sort((a, b) => b.share - a.share);
}

function addTree({ feature, left, right, value, cover }: TreeDocument, moved: Float64Array): void {
  const rows = cover[0] || 1;
  for (const [node, f] of feature.entries()) {
    if (f < 0) continue;
    for (const child of [left[node]!, right[node]!])
      moved[f]! += (cover[child]! / rows) * Math.abs(value[child]! - value[node]!);
  }
}

const MAX_WORDS = 4;

/** Lists of figures are told by their length: what they are stands in the artefact. */
export function parameterText(value: string | number | boolean): string {
  const words = String(value).split(' ');
  return value === '' ? '–' : words.length > MAX_WORDS ? `(${words.length} figures)` : String(value);
}
