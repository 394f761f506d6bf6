import { POLICY } from '@emberwatch/engine/detector';
import { describe, expect, it } from 'vitest';
import CARD from '../../../models/hazard-1.md?raw';
import { textOf } from '../src/documents/markdown-text.ts';
import { pictureHref } from '../src/models/card.ts';
import { partsOf } from '../src/models/card-parts.ts';
import { rulesOf } from '../src/models/rules.ts';

describe('the card of the shipped model', () => {
  const parts = partsOf(CARD);

  it('says what the model cannot see, and what it is worth at each level', () => {
    expect(textOf(parts.blind)).toContain('nail penetration');
    expect(parts.performance.map(({ level }) => level)).toEqual(['advisory', 'warning', 'critical']);
    for (const performance of parts.performance) {
      expect(performance.caught).toMatch(/^\d+ of \d+$/);
      expect(performance.recall).toMatch(/^\d+ % \(\d+ % to \d+ %\)$/);
      expect(performance.falseAlarms).toMatch(/^[\d,]+ \(≤ [\d.,]+\)$/);
      expect(performance.leadMedian).toMatch(/^[\d.]+ (s|min)$/);
    }
    expect(parts.tried).toMatch(/^Model hazard-1 and the rules on/);
    expect(parts.pictures.map(({ file }) => file)).toHaveLength(3);
    expect(parts.deciders.length).toBeGreaterThan(5);
    expect(parts.deciders.every(({ percent }) => percent > 0 && percent <= 100)).toBe(true);
  });

  it('names its weak places by the figures of its own tables', () => {
    const weak = new Map(parts.weak.map((place) => [`${place.kind} ${place.name}`, place]));
    const { remarks } = weak.get('family mechanical short')!;
    expect(remarks.join()).toContain('40 % were called critical in time');
    expect(weak.get('frames lost: temperature')!.remarks).toEqual([
      '21 % got a warning in time, instead of 89 %',
    ]);
    // As good as the frames as they were recorded, and too few events to say anything.
    expect(weak.has('frames lost: gas')).toBe(false);
    expect(weak.has('family external short')).toBe(false);
  });
});

it('claims nothing where a card says nothing', () => {
  for (const card of [
    '',
    '# Model card: x\n\nNothing.\n',
    '## What it decides by\n\n| figure |\n| --- |\n',
  ]) {
    const parts = partsOf(card);
    expect(parts.blind).toEqual([]);
    expect(parts.performance).toEqual([]);
    expect(parts.weak).toEqual([]);
    expect(parts.deciders).toEqual([]);
  }
});

it('shows pictures of the card that lies at the service, and no other', () => {
  expect(pictureHref('hazard-1-lead.svg')).toBe('/api/v1/model/card/hazard-1-lead.svg');
  for (const href of ['https://evil/x.svg', '../x.svg', '//evil/x.svg', 'x.png', 'data:image/svg+xml,x.svg'])
    expect(pictureHref(href), href).toBeNull();
});

describe('the rules as they are read', () => {
  const thresholds = Object.fromEntries(
    ['advisory', 'warning', 'critical'].map((level, i) => [level, { probability: 0.3 + i / 4, budget: 'b' }]),
  );

  it('are all of them, gravest first, with label, limit and unit', () => {
    const rows = rulesOf(null);
    expect(rows).toHaveLength(POLICY.thresholds.length + POLICY.agreements.length);
    expect(rows[0]!.level).toBe('critical');
    expect(rows.at(-1)!.level).toBe('advisory');
    expect(rows.find(({ id }) => id === 'B1-60')!.condition).toBe('hottest surface ≥ 60 °C');
    expect(rows.find(({ id }) => id === 'INS-100')!.condition).toContain('≤ 100 ');
    expect(rows.every(({ heldBackBelow, isOfModel }) => heldBackBelow === null && !isOfModel)).toBe(true);
  });

  it('say which of them a model may keep at warning, and never a warning', () => {
    const held = rulesOf(thresholds).filter(({ heldBackBelow }) => heldBackBelow !== null);
    expect(held.map(({ id }) => id).sort()).toEqual(['AGREE', 'HOT']);
    expect(held.every(({ level, heldBackBelow }) => level === 'critical' && heldBackBelow === 0.8)).toBe(
      true,
    );
    expect(rulesOf(thresholds).filter(({ isOfModel }) => isOfModel).length).toBeGreaterThan(2);
  });
});
