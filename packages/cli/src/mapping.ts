/** Mapping files are read by those who name one: the schema library takes a third of a second to load. */
import type { Mapping } from '@emberwatch/engine/telemetry';

export async function mappingFrom(path: string): Promise<Mapping> {
  const { loadMapping } = await import('@emberwatch/lab/mapping');
  return loadMapping(path);
}
