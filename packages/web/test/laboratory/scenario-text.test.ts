import { validateScenario } from '@emberwatch/engine/physics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkedDocument, valueAt, withValue, withValues } from '../../src/laboratory/document.ts';
import { documentOfLink, LinkError, linkOf } from '../../src/laboratory/link.ts';
import { documentOfYaml, YamlError, yamlOf } from '../../src/laboratory/yaml.ts';

const FILES = import.meta.glob<string>('../../../../examples/scenarios/*.yaml', {
  query: '?raw',
  import: 'default',
  eager: true,
});
/** What is no scenario is a case for one cell, and has no name. */
const SCENARIOS = Object.entries(FILES)
  .map(([path, text]) => ({ path, text }))
  .filter(({ text }) => /^name: /m.test(text));

describe('an experiment as text', () => {
  it('has scenarios to look at', () => expect(SCENARIOS.length).toBeGreaterThan(6));

  it.each(SCENARIOS)('$path goes through YAML and a link and stays the same experiment', async ({ text }) => {
    const document = await documentOfYaml(text);
    const again = await documentOfYaml(await yamlOf(document));
    expect(again).toEqual(document);
    const link = await linkOf(document);
    // Short enough for what links are sent through.
    expect(link.length).toBeLessThan(1500);
    expect(link).toMatch(/^1\.[\w-]+$/);
    expect(await documentOfLink(link)).toEqual(document);
    expect(validateScenario(again)).toEqual(validateScenario(document));
  });

  it('any plain value comes back out of a link', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 3 })),
        async (value) => {
          const document = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
          expect(await documentOfLink(await linkOf(document))).toEqual(document);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a link that is cut, of another version, no object or a bomb is refused with a reason', async () => {
    const link = await linkOf({ name: 'x', description: 'a calm day in a warehouse' });
    await expect(documentOfLink(link.slice(0, -6))).rejects.toThrow(LinkError);
    await expect(documentOfLink(link.replace('1.', '9.'))).rejects.toThrow('version "9"');
    await expect(documentOfLink('no link at all')).rejects.toThrow(LinkError);
    await expect(documentOfLink('1.%%%')).rejects.toThrow('damaged');
    await expect(linkOf([] as never).then(documentOfLink)).rejects.toThrow('no experiment');
    const bomb = await linkOf({ name: 'x', description: 'a'.repeat(1_000_000) });
    expect(bomb.length).toBeLessThan(16_384);
    await expect(documentOfLink(bomb)).rejects.toThrow('unpacks to more than');
  });

  it('text that is no scenario is refused with its line', async () => {
    await expect(documentOfYaml('name: x\nmodule: {cell: [}')).rejects.toThrow(/^Line 2: /);
    await expect(documentOfYaml('- 1\n- 2')).rejects.toThrow(YamlError);
    await expect(documentOfYaml('a'.repeat(2_000_000))).rejects.toThrow('too many');
  });
});

describe('the document under the form', () => {
  const document = { name: 'x', faults: [{ kind: 'oven', startS: 0, riseK: 10 }] };

  it('is changed at a path, and only there', () => {
    const next = withValue(document, 'faults[0].riseK', 20);
    expect(valueAt(next, 'faults[0].riseK')).toBe(20);
    expect(document.faults[0]!.riseK).toBe(10);
    expect(withValue(next, 'module.startCharge', 0.5)['module']).toEqual({ startCharge: 0.5 });
    expect(withValue(document, 'faults[0]', undefined)['faults']).toEqual([]);
    expect(withValue(document, 'faults[0].riseK', undefined)['faults']).toEqual([
      { kind: 'oven', startS: 0 },
    ]);
    expect(
      withValues(document, [
        ['seed', 4],
        ['name', 'y'],
      ]),
    ).toMatchObject({ seed: 4, name: 'y' });
    expect(valueAt(document, 'faults[7].riseK')).toBeUndefined();
    expect(valueAt(document, 'constructor.name')).toBeUndefined();
  });

  it('says which place cannot be run, and what a page cannot hold', () => {
    expect(checkedDocument(document).problem).toBeNull();
    expect(checkedDocument(withValue(document, 'faults[0].riseK', 'hot')).problem).toMatchObject({
      path: 'faults[0].riseK',
      message: expect.stringContaining('got "hot"'),
    });
    expect(checkedDocument({ ...document, sensors: { preset: 'none' } }).problem?.path).toContain('preset');
    expect(checkedDocument({ ...document, durationS: 1e7, outputIntervalS: 1 }).problem?.path).toBe(
      'outputIntervalS',
    );
  });
});
