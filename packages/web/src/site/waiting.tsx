import type { ReactNode } from 'react';
import type { Health } from '../wire.ts';

export const Loading = (): ReactNode => (
  <main className="empty" id="map" tabIndex={-1} aria-busy="true">
    <p className="quiet">Asking the service for the state of the site…</p>
  </main>
);

export function Waiting({ health }: { health: Health }): ReactNode {
  return (
    <main className="empty" id="map" tabIndex={-1}>
      <h2>Waiting for the first frame</h2>
      <p>The service is running and ready. Play a recording into it:</p>
      <pre>npx emberwatch feed RECORDING.csv --to {location.origin}</pre>
      <p>or send measurements of your own:</p>
      <pre>
        {`curl -H 'content-type: text/csv' --data-binary @RECORDING.csv \\\n  ${location.origin}/api/v1/frames`}
      </pre>
      {health.rowsRejected > 0 && (
        <p className="note">
          {health.rowsRejected.toLocaleString('en')} rows have arrived, and all were refused:{' '}
          {Object.keys(health.rejectionsByReason).join(', ')}.
        </p>
      )}
    </main>
  );
}
