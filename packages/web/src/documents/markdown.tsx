/** Markdown as elements of the page. What a text may hold is what stands here: no HTML of it, no script, no foreign picture. */
import type { MarkedToken, Token, Tokens } from 'marked';
import { createContext, memo, type ReactNode, useContext, useMemo } from 'react';
import { Scrolled } from '../ui/scrolled.tsx';
import { known, slugsOf, textOf, unescaped } from './markdown-text.ts';

export interface Targets {
  /** Where a link leads that is no address of the network; null: nowhere in the page. */
  readonly linkOf: (href: string) => string | null;
  /** Address of a picture at this service; null: it is not shown. */
  readonly pictureOf: (href: string) => string | null;
}

/** Headings of a text are found by the name that they have on GitHub, behind this. */
export const HEADING_ID = 'at-';

interface Reading extends Targets {
  readonly slugs: ReadonlyMap<Token, string>;
  /** How many levels its headings are lowered by. */
  readonly lower: number;
}

const ReadingContext = createContext<Reading | null>(null);

function useReading(): Reading {
  const reading = useContext(ReadingContext);
  if (!reading) throw new Error('a token outside of a text');
  return reading;
}

interface MarkdownProps extends Targets {
  readonly tokens: readonly Token[];
  /** The page has a heading of its own above. */
  readonly lower?: number;
}

function Prose({ tokens, linkOf, pictureOf, lower = 1 }: MarkdownProps): ReactNode {
  const slugs = useMemo(() => slugsOf(tokens), [tokens]);
  return (
    <ReadingContext value={{ linkOf, pictureOf, lower, slugs }}>
      <div className="prose">
        <Blocks tokens={tokens} />
      </div>
    </ReadingContext>
  );
}

/** Drawn again only where the text is another one: a page is told of its site four times a second. */
export const Markdown = memo(Prose);

function Blocks({ tokens }: { tokens: readonly Token[] }): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: a text does not move
  return tokens.map((token, i) => <Node key={i} node={known(token)} />);
}

function Node({ node }: { node: MarkedToken }): ReactNode {
  switch (node.type) {
    case 'heading':
      return <Heading node={node} />;
    case 'paragraph':
      return (
        <p>
          <Blocks tokens={node.tokens} />
        </p>
      );
    case 'blockquote':
      return (
        <blockquote>
          <Blocks tokens={node.tokens} />
        </blockquote>
      );
    case 'code':
      return (
        // A region that scrolls is reached by keyboard.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
        <pre tabIndex={0}>
          <code>{node.text}</code>
        </pre>
      );
    case 'list':
      return <List node={node} />;
    case 'table':
      return <Table node={node} />;
    case 'hr':
      return <hr />;
    default:
      return <Span node={node} />;
  }
}

function Span({ node }: { node: MarkedToken }): ReactNode {
  switch (node.type) {
    case 'text':
      return node.tokens ? <Blocks tokens={node.tokens} /> : unescaped(node.text);
    case 'escape':
      return unescaped(node.text);
    case 'strong':
      return (
        <strong>
          <Blocks tokens={node.tokens} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <Blocks tokens={node.tokens} />
        </em>
      );
    case 'del':
      return (
        <del>
          <Blocks tokens={node.tokens} />
        </del>
      );
    case 'codespan':
      return <code>{node.text}</code>;
    case 'br':
      return <br />;
    case 'checkbox':
      return node.checked ? '☑ ' : '☐ ';
    case 'link':
      return <Anchor node={node} />;
    case 'image':
      return <Picture node={node} />;
    default:
      return null;
  }
}

const HEADINGS = ['h2', 'h3', 'h4', 'h5', 'h6'] as const;

function Heading({ node }: { node: Tokens.Heading }): ReactNode {
  const { lower, slugs } = useReading();
  const slug = slugs.get(node);
  const Tag = HEADINGS[Math.min(HEADINGS.length, Math.max(1, node.depth + lower - 1)) - 1]!;
  return (
    <Tag {...(slug !== undefined && { id: HEADING_ID + slug })} tabIndex={-1}>
      <Blocks tokens={node.tokens} />
    </Tag>
  );
}

function List({ node }: { node: Tokens.List }): ReactNode {
  const Tag = node.ordered ? 'ol' : 'ul';
  return (
    <Tag {...(node.ordered && node.start !== '' && { start: node.start })}>
      {node.items.map((item, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a text does not move
        <li key={i} className={item.task ? 'is-task' : undefined}>
          <Blocks tokens={item.tokens} />
        </li>
      ))}
    </Tag>
  );
}

function Table({ node }: { node: Tokens.Table }): ReactNode {
  const hasHead = node.header.some(({ text }) => text !== '');
  return (
    <Scrolled className="prose-table">
      <table aria-label={tableName(node)}>
        {hasHead && (
          <thead>
            <tr>
              {node.header.map((cell, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a text does not move
                <Cell key={i} cell={cell} />
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {node.rows.map((cells, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a text does not move
            <tr key={i}>
              {cells.map((cell, k) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a text does not move
                <Cell key={k} cell={cell} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

const tableName = (node: Tokens.Table): string =>
  `Table: ${node.header.map(({ tokens }) => textOf(tokens)).find((name) => name !== '') ?? 'facts'}`;

function Cell({ cell }: { cell: Tokens.TableCell }): ReactNode {
  const className = cell.align === 'right' ? 'is-number' : undefined;
  if (cell.header && cell.text !== '')
    return (
      <th scope="col" className={className}>
        <Blocks tokens={cell.tokens} />
      </th>
    );
  return (
    <td className={className}>
      <Blocks tokens={cell.tokens} />
    </td>
  );
}

function Anchor({ node }: { node: Tokens.Link }): ReactNode {
  const { linkOf } = useReading();
  const inner = <Blocks tokens={node.tokens} />;
  if (/^https?:\/\//i.test(node.href))
    return (
      <a href={node.href} target="_blank" rel="noopener noreferrer" title="Leaves this service">
        {inner}
      </a>
    );
  const to = linkOf(node.href);
  if (to === null) return <span title={`In the repository: ${node.href}`}>{inner}</span>;
  return <a href={to}>{inner}</a>;
}

function Picture({ node }: { node: Tokens.Image }): ReactNode {
  const { pictureOf } = useReading();
  const source = pictureOf(node.href);
  if (source === null) return node.text;
  return <img src={source} alt={node.text} loading="lazy" />;
}
