/** Air spaces: racks in one container, hall or room share its air, so gas is compared within a space only. */
import { InputError } from '../telemetry/index.ts';

export interface AirSpace {
  /** Names of racks; `*` stands for any characters, also none. */
  readonly racks: readonly string[];
}
export type AirSpaces = Readonly<Record<string, AirSpace>>;

/** No name that a space may have: both have a blank. */
export const WHOLE_SITE = 'whole site';
export const OTHER_RACKS = 'other racks';

interface Pattern {
  readonly space: string;
  readonly text: string;
}

export class SpaceMap {
  /** Of racks that no pattern names, and of modules without a rack. */
  readonly otherwise: string;
  private readonly patterns: readonly Pattern[];

  /** @throws InputError where one rack could be in two spaces */
  constructor(spaces: AirSpaces = {}) {
    this.patterns = Object.entries(spaces).flatMap(([space, { racks }]) =>
      racks.map((text) => ({ space, text })),
    );
    this.otherwise = this.patterns.length === 0 ? WHOLE_SITE : OTHER_RACKS;
    for (const [i, one] of this.patterns.entries()) {
      const other = this.patterns.slice(0, i).find(({ text }) => canBothMatch(text, one.text));
      if (!other) continue;
      const where =
        other.space === one.space ? `twice in ${one.space}` : `in ${other.space} and in ${one.space}`;
      throw new InputError(
        `"${other.text}" and "${one.text}" can name the same rack, which is then ${where}`,
      );
    }
  }

  of(rackId: string | null): string {
    if (rackId === null) return this.otherwise;
    return this.patterns.find(({ text }) => matches(text, rackId))?.space ?? this.otherwise;
  }

  /** Patterns that name none of these racks: a slip in a name leaves its rack in the space of the others. */
  unmatched(racks: Iterable<string>): { readonly space: string; readonly pattern: string }[] {
    const all = [...racks];
    return this.patterns
      .filter(({ text }) => !all.some((rack) => matches(text, rack)))
      .map(({ space, text }) => ({ space, pattern: text }));
  }
}

const matches = (pattern: string, name: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === name;
  const last = rest.pop()!;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
};

/** Whether there is a name that both patterns match. */
function canBothMatch(a: string, b: string): boolean {
  // Of the rests of both, longest last: whether one name matches the two.
  const can = Array.from({ length: a.length + 1 }, () => new Uint8Array(b.length + 1));
  for (let i = a.length; i >= 0; i--)
    for (let k = b.length; k >= 0; k--) {
      const [nextOfA, nextOfB] = [can[i + 1]?.[k], can[i]?.[k + 1]];
      let isCommon: number | undefined = i === a.length && k === b.length ? 1 : 0;
      // A star ends, or takes the next character of the other.
      if (a[i] === '*') isCommon ||= nextOfA || nextOfB;
      if (b[k] === '*') isCommon ||= nextOfB || nextOfA;
      if (i < a.length && a[i] === b[k]) isCommon ||= can[i + 1]![k + 1];
      can[i]![k] = isCommon ?? 0;
    }
  return can[0]![0] === 1;
}
