/** Markdown as tokens, and what is read out of them. HTML in a text is never parsed: it is a token like any other. */
import { type MarkedToken, marked, type Token } from 'marked';

export const lexed = (markdown: string): Token[] => marked.lexer(markdown);

/** What the lexer knows of each token; it makes no others without extensions. */
export const known = (token: Token): MarkedToken => token as MarkedToken;

const ENTITY: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': '\u00a0',
};

/** Entities are all that is left of HTML in a text. */
export const unescaped = (text: string): string =>
  text.replaceAll(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => ENTITY[entity]!);

/** Words alone, of which nothing is HTML. */
export function textOf(tokens: readonly Token[]): string {
  return tokens.map((token) => textOfOne(known(token))).join('');
}

function textOfOne(token: MarkedToken): string {
  switch (token.type) {
    case 'html':
    case 'def':
    case 'hr':
    case 'checkbox':
      return '';
    case 'space':
    case 'br':
      return ' ';
    case 'code':
      return `${token.text}\n`;
    case 'codespan':
      return token.text;
    case 'table':
      return [token.header, ...token.rows]
        .map((cells) => `${cells.map((cell) => textOf(cell.tokens)).join(' · ')}\n`)
        .join('');
    case 'list':
      return token.items.map((item) => `${textOf(item.tokens)}\n`).join('');
    case 'paragraph':
    case 'blockquote':
    case 'heading':
      return `${textOf(token.tokens)}\n`;
    case 'text':
      return token.tokens ? textOf(token.tokens) : unescaped(token.text);
    case 'escape':
      return unescaped(token.text);
    default:
      return textOf(token.tokens ?? []);
  }
}

const slugOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-');

/** Names of headings as GitHub makes them, so that a link holds in both places. One for each. */
export function slugsOf(tokens: readonly Token[]): Map<Token, string> {
  const taken = new Map<string, number>();
  const slugs = new Map<Token, string>();
  for (const token of tokens) {
    const node = known(token);
    if (node.type !== 'heading') continue;
    const slug = slugOf(textOf(node.tokens));
    const before = taken.get(slug);
    taken.set(slug, (before ?? 0) + 1);
    slugs.set(token, before === undefined ? slug : `${slug}-${before}`);
  }
  return slugs;
}

export interface Section {
  /** Name of its heading; empty for what stands before the first one. */
  readonly slug: string;
  readonly title: string;
  /** 1 for the title of the text, 0 for what stands before any heading. */
  readonly depth: number;
  /** Without the heading. */
  readonly tokens: readonly Token[];
}

/** A text cut at its headings. */
export function sectionsOf(tokens: readonly Token[]): Section[] {
  const slugs = slugsOf(tokens);
  const sections: (Section & { tokens: Token[] })[] = [{ slug: '', title: '', depth: 0, tokens: [] }];
  for (const token of tokens) {
    const node = known(token);
    if (node.type === 'heading') {
      const title = textOf(node.tokens).trim();
      sections.push({ slug: slugs.get(token)!, title, depth: node.depth, tokens: [] });
    } else sections.at(-1)!.tokens.push(token);
  }
  return sections.filter(({ depth, tokens: body }) => depth > 0 || body.length > 0);
}

/** Every link and picture of a text, as it is written. */
export function targetsOf(tokens: readonly Token[]): string[] {
  const targets: string[] = [];
  marked.walkTokens([...tokens], (token) => {
    if (token.type === 'link' || token.type === 'image') targets.push(String(token['href']));
  });
  return targets;
}
