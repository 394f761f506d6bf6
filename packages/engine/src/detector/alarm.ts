/** Hold and clear times: from figures that flicker to a level that stands. */

import type { Physics } from './feature.ts';
import { FEATURE_INDEX, FEATURES } from './features.ts';
import type { Policy, ThresholdRow } from './policy.ts';
import { levelRank, type Reason } from './verdict.ts';

/** A row counts when its condition held for more than 60 % of the time (3 of 5). */
const LEAK = 1.5;

const NORMAL_RANK = levelRank('normal');
const WARNING_RANK = levelRank('warning');

const PHYSICS: readonly Physics[] = ['thermal', 'electrical', 'gas'];
/** In the same order, as an operator says it. */
const PHYSICS_NAMES = ['heat', 'voltage', 'gas'];
const GAS = PHYSICS.indexOf('gas');
const HAZARD = FEATURE_INDEX.hazardProbability;

export class AlarmState {
  private readonly policy: Policy;
  private readonly heldS: Float64Array;
  private readonly heldFrames: Float64Array;
  private readonly clearedS: Float64Array;
  private readonly active: Uint8Array;
  /** The table as numbers: read for every frame. */
  private readonly featureOf: Uint8Array;
  /** -1: of several physics, no evidence of one. */
  private readonly physicsOf: Int8Array;
  private readonly rankOf: Uint8Array;
  /** Negative for rows of what falls: value and limit are compared alike. */
  private readonly signOf: Float64Array;
  private readonly limitOf: Float64Array;
  private readonly agreementRankOf: Uint8Array;
  private readonly agreementActive: Uint8Array;
  private readonly agreementClearedS: Float64Array;
  private readonly physicsRank = new Float64Array(PHYSICS.length);
  /** Figures when the row last held: the reason stays readable while it clears. */
  private readonly lastValue: Float64Array;
  rank = NORMAL_RANK;
  /** What the probability would have to reach for a rule that the model holds back to count; NaN: none is held back. */
  private heldBackBelow = Number.NaN;
  private hazard = Number.NaN;
  private gasIsOwn = true;

  constructor(policy: Policy) {
    const { thresholds } = policy;
    const rows = thresholds.length;
    this.policy = policy;
    this.featureOf = Uint8Array.from(thresholds, ({ feature }) => FEATURE_INDEX[feature]);
    this.physicsOf = Int8Array.from(this.featureOf, (feature) => {
      const { physics } = FEATURES[feature]!;
      return physics === null ? -1 : PHYSICS.indexOf(physics);
    });
    this.rankOf = Uint8Array.from(thresholds, ({ level }) => levelRank(level));
    this.signOf = Float64Array.from(thresholds, ({ when }) => (when === 'above' ? 1 : -1));
    this.limitOf = Float64Array.from(thresholds, ({ limit }, i) => this.signOf[i]! * limit);
    this.agreementRankOf = Uint8Array.from(policy.agreements, ({ at }) => levelRank(at));
    this.heldS = new Float64Array(rows);
    this.heldFrames = new Float64Array(rows);
    this.clearedS = new Float64Array(rows);
    this.active = new Uint8Array(rows);
    this.lastValue = new Float64Array(rows).fill(Number.NaN);
    this.agreementActive = new Uint8Array(policy.agreements.length);
    this.agreementClearedS = new Float64Array(policy.agreements.length);
  }

  /** After a gap: half-held conditions start again, what is active stays until new data clear it. */
  restart(): void {
    this.heldS.fill(0);
    this.heldFrames.fill(0);
    this.clearedS.fill(0);
  }

  /**
   * @param elapsedS time that this frame stands for, s (a gap does not count as holding)
   * @param gasIsOwn false: the gas came from another rack; it counts where physics agree, but alone it is no alarm here
   */
  update(features: Float64Array, elapsedS: number, gasIsOwn: boolean): void {
    this.gasIsOwn = gasIsOwn;
    this.heldBackBelow = Number.NaN;
    this.hazard = features[HAZARD]!;
    const { thresholds } = this.policy;
    const { active, heldS, featureOf, signOf, limitOf } = this;
    this.rank = NORMAL_RANK;
    this.physicsRank.fill(0);
    for (let i = 0; i < thresholds.length; i++) {
      const value = features[featureOf[i]!]!;
      const isBeyond = signOf[i]! * value >= limitOf[i]!;
      if (!isBeyond && heldS[i] === 0 && active[i] === 0) continue;
      // A missing figure neither holds nor clears.
      if (!Number.isNaN(value)) this.updateRow(i, thresholds[i]!, value, isBeyond, features, elapsedS);
      if (active[i] === 0) continue;
      const rank = this.rankOf[i]!;
      const physics = this.physicsOf[i]!;
      if (physics >= 0 && rank > this.physicsRank[physics]! && thresholds[i]!.counts !== false)
        this.physicsRank[physics] = rank;
      if (rank > this.rank && (gasIsOwn || physics !== GAS)) this.rank = rank;
    }
    this.updateAgreements(features[HAZARD]!, elapsedS);
  }

  private updateRow(
    i: number,
    row: ThresholdRow,
    value: number,
    isBeyond: boolean,
    features: Float64Array,
    elapsedS: number,
  ): void {
    const hasMore = !row.also || features[FEATURE_INDEX[row.also.feature]]! >= row.also.atLeast;
    const isHeldBack = features[HAZARD]! < row.unlessHazardBelow!;
    if (isBeyond && hasMore && isHeldBack) this.heldBackBelow = row.unlessHazardBelow!;
    if (isBeyond && hasMore && !isHeldBack) {
      this.heldS[i] = Math.min(row.holdS, this.heldS[i]! + elapsedS);
      this.heldFrames[i] = Math.min(row.holdFrames, this.heldFrames[i]! + 1);
      this.lastValue[i] = value;
      this.clearedS[i] = 0;
      if (this.heldS[i]! >= row.holdS && this.heldFrames[i]! >= row.holdFrames) this.active[i] = 1;
      return;
    }
    if (this.heldS[i]! > 0) {
      this.heldS[i] = Math.max(0, this.heldS[i]! - LEAK * elapsedS);
      this.heldFrames[i] = Math.max(0, this.heldFrames[i]! - LEAK);
    }
    if (this.active[i] === 0) return;
    const isClear = row.when === 'above' ? value <= row.clear : value >= row.clear;
    this.clearedS[i] = isClear ? this.clearedS[i]! + elapsedS : 0;
    if (this.clearedS[i]! >= row.clearS) this.active[i] = 0;
  }

  private updateAgreements(hazard: number, elapsedS: number): void {
    const { agreements } = this.policy;
    for (let i = 0; i < agreements.length; i++) {
      const row = agreements[i]!;
      const atRank = this.agreementRankOf[i]!;
      let agreeing = 0;
      for (let k = 0; k < PHYSICS.length; k++) if (this.physicsRank[k]! >= atRank) agreeing++;
      const isHeldBack = this.agreementActive[i] === 0 && hazard < row.unlessHazardBelow!;
      if (agreeing >= row.physics && isHeldBack) this.heldBackBelow = row.unlessHazardBelow!;
      if (agreeing >= row.physics && !isHeldBack) {
        this.agreementActive[i] = 1;
        this.agreementClearedS[i] = 0;
      } else if (this.agreementActive[i] === 1) {
        this.agreementClearedS[i]! += elapsedS;
        if (this.agreementClearedS[i]! >= row.clearS) this.agreementActive[i] = 0;
      }
      if (this.agreementActive[i] === 1) this.rank = Math.max(this.rank, levelRank(row.level));
    }
  }

  /** The condition of a grave row holds, but not yet for long enough to count. */
  get isPending(): boolean {
    for (let i = 0; i < this.heldS.length; i++)
      if (this.active[i] === 0 && this.heldS[i]! > 0 && this.rankOf[i]! >= WARNING_RANK) return true;
    return false;
  }

  /** A row of heat or voltage that counts as evidence is active. */
  get isSuspicious(): boolean {
    return this.physicsRank[0]! > NORMAL_RANK || this.physicsRank[1]! > NORMAL_RANK;
  }

  /** `heat and gas agree`; once they no longer do, that they did. */
  private agreed(atRank: number): string {
    const names = PHYSICS_NAMES.filter((_, k) => this.physicsRank[k]! >= atRank);
    if (names.length < 2) return 'different physics agreed';
    return `${names.slice(0, -1).join(', ')} and ${names.at(-1)} agree`;
  }

  /**
   * The gravest active row of each figure in words, the gravest first. `where` adds the place of a figure, `more` what
   * is to be said after its limit.
   */
  reasons(where: (row: ThresholdRow) => string, more: (row: ThresholdRow) => string): Reason[] {
    const reasons: { rank: number; reason: Reason }[] = [];
    this.policy.agreements.forEach((row, i) => {
      if (this.agreementActive[i] === 0) return;
      const text = `${this.agreed(levelRank(row.at))}: no single sensor fault explains that`;
      const reason = { rule: row.id, physics: null, text, value: null, limit: null, unit: null };
      reasons.push({ rank: levelRank(row.level) + 0.5, reason });
    });
    const { thresholds } = this.policy;
    thresholds.forEach((row, i) => {
      if (this.active[i] === 0) return;
      const isOutranked = thresholds.some(
        (other, k) =>
          this.active[k] === 1 &&
          other.feature === row.feature &&
          levelRank(other.level) > levelRank(row.level),
      );
      if (isOutranked) return;
      const { label, unit, digits, physics } = FEATURES[FEATURE_INDEX[row.feature]]!;
      const value = this.lastValue[i]!;
      const isForeign = physics === 'gas' && !this.gasIsOwn;
      const place = isForeign ? ', from another rack' : where(row);
      const text = `${label} ${value.toFixed(digits)}${unit && ` ${unit}`}${place} (limit ${Number(row.limit.toPrecision(3))}${unit && ` ${unit}`})${more(row)}`;
      const reason = { rule: row.id, physics, text, value, limit: row.limit, unit };
      reasons.push({ rank: levelRank(row.level), reason });
    });
    const reported = reasons.sort((a, b) => b.rank - a.rank).map(({ reason }) => reason);
    return this.isHeldBack ? [...reported, heldBackReason(this.hazard, this.heldBackBelow)] : reported;
  }

  /** A rule would be critical, were it not for the model. */
  private get isHeldBack(): boolean {
    return !Number.isNaN(this.heldBackBelow) && this.rank < levelRank('critical');
  }
}

const heldBackReason = (probability: number, below: number): Reason => ({
  rule: 'held-back',
  physics: null,
  text: `the rules alone would say critical: held back while the probability of hazard is ${probability.toFixed(2)} (limit ${Number(below.toPrecision(3))})`,
  value: null,
  limit: null,
  unit: null,
});
