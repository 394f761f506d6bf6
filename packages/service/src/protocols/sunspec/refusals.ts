/** What was not taken of a SunSpec reading, and why: counted, the first of each kind named by place and value. */
const POINT_REJECTION_REASONS = {
  'not-a-number': 'not a number, or none that its type can hold',
  'no-scale-factor': 'the scale factor of the point is missing or not implemented',
  'scale-factor-refused': 'the scale factor is outside -10 to 10',
  'wrong-length': 'the length of the model does not fit its points: another draft of it, or no such model',
  'wrong-count': 'the model says that it has more parts than it has',
  'cut-off': 'the registers end within a model, or before the end of the chain',
  'no-model': 'no model that says anything of modules',
  'no-index': 'the index of the string or the module is not implemented',
  'ambiguous-module': 'two modules get one name; neither is taken',
  'sign-contradicts': 'the battery says that it charges and its current that it discharges, or the reverse',
} as const;
export type PointRejectionReason = keyof typeof POINT_REJECTION_REASONS;

export interface PointRejection {
  readonly reason: PointRejectionReason;
  /** The same in words. */
  readonly meaning: string;
  readonly count: number;
  /** Place and value of the first. */
  readonly first: string;
}

export class PointRejections {
  private readonly byReason = new Map<PointRejectionReason, { count: number; first: string }>();

  add(reason: PointRejectionReason, place: string, value?: unknown): void {
    const known = this.byReason.get(reason);
    if (known) known.count++;
    else
      this.byReason.set(reason, {
        count: 1,
        first: value === undefined ? place : `${place}: ${quote(value)}`,
      });
  }

  list(): PointRejection[] {
    return [...this.byReason].map(([reason, { count, first }]) => ({
      reason,
      meaning: POINT_REJECTION_REASONS[reason],
      count,
      first,
    }));
  }
}

const MAX_QUOTE_CHARS = 60;

/** Short whatever it is: an object may be huge. */
function quote(value: unknown): string {
  const text =
    typeof value === 'string' ? `"${value}"` : typeof value === 'object' ? 'an object' : String(value);
  return text.length > MAX_QUOTE_CHARS ? `${text.slice(0, MAX_QUOTE_CHARS)}…` : text;
}
