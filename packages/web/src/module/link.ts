/** Addresses of the view of a module. */
import { hrefOf } from '../ui/route.ts';
import { parametersOf, type Span } from './span.ts';

/** @param compared modules that are drawn beside it */
export function moduleHref(moduleId: string, span?: Span, compared: readonly string[] = []): string {
  return hrefOf(`module/${encodeURIComponent(moduleId)}`, {
    ...(span && parametersOf(span)),
    with: compared.map(encodeURIComponent).join(','),
  });
}

/** Names that an address cannot hold are taken as they stand. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const moduleOf = (item: string | null): string | null => (item === null ? null : decoded(item));

/** Modules that an address lists under a name. */
export const modulesOf = (parameters: URLSearchParams, name: string): string[] =>
  (parameters.get(name) ?? '').split(',').filter(Boolean).map(decoded);
