/** Parts of a view as addresses of their own, side by side. */
import type { ReactNode } from 'react';
import { hrefOf } from './route.ts';

interface PartsProps {
  readonly view: string;
  /** `item` as in the address; null: the first one. */
  readonly parts: readonly { readonly item: string | null; readonly text: string }[];
  readonly current: string | null;
}

export const Parts = ({ view, parts, current }: PartsProps): ReactNode => (
  <nav className="parts" aria-label="Parts of this view">
    <ul>
      {parts.map(({ item, text }) => (
        <li key={item}>
          <a
            href={hrefOf(item === null ? view : `${view}/${item}`)}
            aria-current={item === current ? 'page' : undefined}
          >
            {text}
          </a>
        </li>
      ))}
    </ul>
  </nav>
);
