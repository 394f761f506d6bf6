import type { ReactNode } from 'react';
import { useWho } from '../session/session.ts';
import type { Health } from '../wire.ts';

export function Waiting({ health }: { health: Health }): ReactNode {
  const who = useWho();
  const isOpen = who.state === 'in' && who.isOpen;
  const header = isOpen ? '' : ` -H "authorization: Bearer $EMBERWATCH_TOKEN"`;
  return (
    <main className="empty" id="map" tabIndex={-1}>
      <h2>Waiting for the first frame</h2>
      {!isOpen && (
        <p>
          Whoever delivers needs a token, of a gateway or an engineer (<code>emberwatch token create</code>):
        </p>
      )}
      {!isOpen && <pre>export EMBERWATCH_TOKEN=ew_…</pre>}
      <p>The service is running and ready. Play a recording into it:</p>
      <pre>npx emberwatch feed RECORDING.csv --to {location.origin}</pre>
      <p>or send measurements of your own:</p>
      <pre>
        {`curl${header} -H 'content-type: text/csv' --data-binary @RECORDING.csv \\\n  ${location.origin}/api/v1/frames`}
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
