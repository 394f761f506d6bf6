/** Views whose code comes when they are first shown, and can be asked for again where it did not come. */
import { type ComponentType, type LazyExoticComponent, lazy, type ReactNode } from 'react';

/** The code of a view did not come. */
export class NotLoaded extends Error {
  /** Asks for it again. Rejects where it does not come this time either. */
  readonly again: () => Promise<void>;

  constructor(cause: Error, again: () => Promise<void>) {
    super(cause.message, { cause });
    this.name = 'NotLoaded';
    this.again = again;
  }
}

type Load<P> = () => Promise<{ default: ComponentType<P> }>;

/** A lazy component keeps its failure for ever: each attempt is another one. */
export function loadable<P extends object>(load: Load<P>): (props: P) => ReactNode {
  const attempt = (how: Load<P>): LazyExoticComponent<ComponentType<P>> =>
    lazy(() =>
      how().catch((error: Error) => {
        throw new NotLoaded(error, again);
      }),
    );
  const again = async (): Promise<void> => {
    const module = await load();
    View = attempt(async () => module);
  };
  let View = attempt(load);
  return (props) => <View {...props} />;
}

/**
 * Where a browser has kept that a file could not be had, only a fresh page asks for it again; so does a page whose files
 * were replaced by those of a newer version. A page that the service does not answer for would be lost by it.
 *
 * @returns false where the service does not answer
 */
export async function reloadIfAnswered(): Promise<boolean> {
  try {
    const { ok } = await fetch('/', { cache: 'no-store' });
    if (ok) window.location.reload();
    return ok;
  } catch {
    return false;
  }
}
