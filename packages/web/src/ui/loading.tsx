import type { ReactNode } from 'react';

export const Loading = (): ReactNode => (
  <main className="empty" id="map" tabIndex={-1} aria-busy="true">
    <p className="quiet">Asking the service for the state of the site…</p>
  </main>
);
