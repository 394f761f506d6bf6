import fc from 'fast-check';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { beforeAll, describe, expect, it } from 'vitest';
import { Finder, markedParts } from '../src/documents/find.ts';
import { Markdown } from '../src/documents/markdown.tsx';
import { lexed, sectionsOf, slugsOf, targetsOf } from '../src/documents/markdown-text.ts';
import { linkFrom, PAGES, pageOf, pageText, pictureFrom } from '../src/documents/pages.ts';

/** Files that a document may name beside the documents themselves; their names alone are read. */
const FILES = new Set(
  Object.keys(
    import.meta.glob([
      '../../../{docs,examples,models,bench,test}/**/*',
      '../../../packages/*/{src,test}/**/*',
      '../../../{LICENSE,CITATION.cff,.github/SECURITY.md}',
    ]),
  ).map((path) =>
    path
      .replace(/^\.\//, 'packages/web/test/')
      .replace(/^(\.\.\/)+/, '')
      .replace(/^([a-z]+\/)(?=(?:src|test)\/)/, 'packages/$1'),
  ),
);

const drawn = (markdown: string): string =>
  renderToStaticMarkup(
    createElement(Markdown, {
      tokens: lexed(markdown),
      linkOf: (href: string) => (href.startsWith('#') ? `#/docs/x?at=${href.slice(1)}` : null),
      pictureOf: (href: string) => (href.endsWith('.svg') ? `/pictures/${href}` : null),
    }),
  );

describe('a text from somewhere', () => {
  it('becomes elements of the page: tables, lists, code, links', () => {
    const html = drawn(
      '# A *b* `c`\n\n1. one\n2. [two](#two)\n\n| a | b |\n| --- | ---: |\n| x \\| y | 1 |\n',
    );
    expect(html).toContain('<h2 id="at-a-b-c" tabindex="-1">A <em>b</em> <code>c</code></h2>');
    expect(html).toContain('<a href="#/docs/x?at=two">two</a>');
    expect(html).toContain('<td>x | y</td><td class="is-number">1</td>');
  });

  it('has no HTML of its own, no script in a link, no picture from elsewhere', () => {
    for (const attack of [
      '<script>alert(1)</script>',
      'a <img src=x onerror=alert(1)> b',
      '<iframe src="https://evil"></iframe>',
      '[x](javascript:alert(1))',
      '[x](data:text/html,<script>alert(1)</script>)',
      '[x](JaVaScRiPt:alert(1))',
      '![x](https://evil/pixel.png)',
      '<a href="javascript:alert(1)">x</a>',
      '| a |\n| --- |\n| <svg onload=alert(1)> |',
    ]) {
      const html = drawn(attack);
      expect(html, attack).not.toMatch(/<(script|img|iframe|svg|a)\b/i);
    }
    expect(drawn('`<b>` and &lt;b&gt;')).toContain('<code>&lt;b&gt;</code> and &lt;b&gt;');
  });

  it('never yields a tag that the page did not mean, whatever is written', () => {
    const bits = [
      '<',
      '>',
      'script',
      '](',
      '[',
      '!',
      'javascript:',
      '\n',
      '`',
      '*',
      '|',
      '"',
      "'",
      ' on=',
      'a',
      '# ',
    ];
    const allowed =
      /^(div|p|h[2-6]|ul|ol|li|table|thead|tbody|tr|th|td|pre|code|em|strong|del|a|br|hr|blockquote|span|img)$/;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 40 }), (parts) => {
        const html = drawn(parts.join(''));
        for (const [, tag, attributes] of html.matchAll(/<([a-z0-9]+)([^>]*)>/g)) {
          expect(tag).toMatch(allowed);
          expect(attributes).not.toMatch(/(href|src)="\s*javascript:/i);
        }
      }),
      { seed: 7, numRuns: 400 },
    );
  });
});

it('names headings as GitHub does, so that a link holds in both places', () => {
  const tokens = lexed('## Readings in: `POST /api/v1/frames`\n\n## Levels & 2.0\n\n## Levels & 2.0\n');
  expect([...slugsOf(tokens).values()]).toEqual([
    'readings-in-post-apiv1frames',
    'levels--20',
    'levels--20-1',
  ]);
});

describe('the documents', () => {
  const texts = new Map<string, string>();

  beforeAll(async () => {
    for (const page of PAGES) texts.set(page.id, await pageText(page));
  });

  it('hold what an operator needs when something is wrong', () => {
    for (const id of [
      'integration',
      'alarms',
      'service',
      'api',
      'physics',
      'evaluation',
      'readme',
      'site.yaml',
    ])
      expect(texts.get(id)?.length, id).toBeGreaterThan(500);
  });

  /** Where a link of a page leads to nothing: to no page, no heading, no file of the repository. */
  function brokenLinks(): string[] {
    const headings = new Map(
      PAGES.map(({ id }) => [id, new Set(slugsOf(lexed(texts.get(id)!)).values())] as const),
    );
    return PAGES.flatMap((page) =>
      targetsOf(lexed(texts.get(page.id)!))
        .filter((href) => !/^https?:/.test(href))
        .filter((href) => {
          if (pictureFrom(page, href) !== null) return false;
          const to = linkFrom(page, href);
          if (to === null) return !FILES.has(new URL(href, `http://x/${page.path}`).pathname.slice(1));
          const [, id, at] = /^#\/docs\/([^?]+)(?:\?at=(.+))?$/.exec(to) ?? [];
          return id !== undefined && at !== undefined && !headings.get(id)?.has(decodeURIComponent(at));
        })
        .map((href) => `${page.path}: ${href}`),
    );
  }

  it('have no link that leads nowhere', () => {
    expect(brokenLinks()).toEqual([]);
  });

  it('are linked among each other, to the heading', () => {
    const service = pageOf('service')!;
    expect(linkFrom(service, 'alarms.md#heartbeat')).toBe('#/docs/alarms?at=heartbeat');
    expect(linkFrom(service, '../packages/engine/src/detector/policy.ts')).toBeNull();
    expect(linkFrom(pageOf('readme')!, 'models/hazard-1.md')).toBe('#/models/card');
    expect(linkFrom(service, 'https://example.com/docs/alarms.md')).toBeNull();
  });

  it('are searched section by section, all words at once, by their beginnings', () => {
    const finder = new Finder();
    for (const page of PAGES) finder.add(page, texts.get(page.id)!);
    expect(finder.find('heartbeat').slice(0, 3)).toContainEqual(
      expect.objectContaining({ pageId: 'alarms', at: 'heartbeat' }),
    );
    const [first] = finder.find('quantile clip');
    expect(first).toMatchObject({ pageId: 'cleaning' });
    expect(finder.find('heartbeat quantile')).toEqual([]);
    for (const { excerpt, words } of finder.find('temperature')) {
      expect(excerpt.length).toBeLessThan(200);
      expect(words.length).toBeGreaterThan(0);
    }
  });
});

it('marks what was found and nothing else, whatever the words hold', () => {
  expect(markedParts('Heat and heating (a+b)', ['heat', 'heating', 'a+b'])).toEqual([
    { text: 'Heat', isFound: true },
    { text: ' and ', isFound: false },
    { text: 'heating', isFound: true },
    { text: ' (', isFound: false },
    { text: 'a+b', isFound: true },
    { text: ')', isFound: false },
  ]);
});

it('cuts a text at its headings and loses none of it', () => {
  const sections = sectionsOf(lexed('before\n\n# One\n\na\n\n## Two\n\nb\n\nc\n'));
  expect(sections.map(({ slug, depth, tokens }) => [slug, depth, tokens.length > 0])).toEqual([
    ['', 0, true],
    ['one', 1, true],
    ['two', 2, true],
  ]);
});
