/** Where in the page one is, kept behind `#`: the service serves one document. `#/site?module=RackA1_Module04` */
import { useMemo, useSyncExternalStore } from 'react';

export interface Route {
  /** Empty for the first view. */
  readonly view: string;
  /** What of the view is open: `A000123` of `#/alarms/A000123`. */
  readonly item: string | null;
  readonly parameters: URLSearchParams;
}

export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view = '', item = ''] = path.split('/', 2);
  return { view, item: item || null, parameters: new URLSearchParams(query) };
}

/** @param view with the item that is open in it, such as `alarms/A000123`. Parameters that are null or empty are left out. */
export function hrefOf(view: string, parameters: Readonly<Record<string, string | null>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  const text = query.toString();
  return `#/${view}${text && `?${text}`}`;
}

const listeners = new Set<() => void>();

/** Changes what stands behind `#` without a new step in the history: the choice within a view is no page of its own. */
export function replaceHash(hash: string): void {
  history.replaceState(null, '', location.pathname + hash);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('hashchange', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('hashchange', listener);
  };
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => routeOf(hash), [hash]);
}
