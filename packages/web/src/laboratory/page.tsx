import type { SiteStore } from '../live/store.ts';
export default function LaboratoryPage(_: { store: SiteStore; shared: string | null }): null {
  return null;
}
