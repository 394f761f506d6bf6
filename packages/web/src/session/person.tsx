/** Who one is, in the strip of the header. */
import { type ReactNode, useState } from 'react';
import { useTimes } from '../ui/times.ts';
import { wordsOf } from './request-error.ts';
import { ROLE_TEXT } from './role.ts';
import { useSession, useWho } from './session.ts';

export function Person(): ReactNode {
  const who = useWho();
  const session = useSession();
  const times = useTimes();
  const [problem, setProblem] = useState<string | null>(null);
  if (who.state !== 'in') return null;
  const { name, role, endsMs, isOpen } = who;
  const signOut = (): void => {
    setProblem(null);
    session.signOut().catch((error: unknown) => setProblem(wordsOf(error)));
  };
  return (
    <details className="refused person">
      <summary>
        <span className="unseen">Signed in as </span>
        {endsMs === null && isOpen ? 'Open access' : name} · {role}
      </summary>
      <div className="refused-list">
        <p>
          <strong>{name}</strong>, {role}: {ROLE_TEXT[role]}.
        </p>
        {endsMs === null ? (
          <p>Anybody at this computer comes in without a token. For trying out, not for a site.</p>
        ) : (
          <>
            <p>This session ends at {times.instant(endsMs)} at the latest.</p>
            <button type="button" className="button" onClick={signOut}>
              Sign out
            </button>
          </>
        )}
        {problem !== null && (
          <p className="wrong" role="alert">
            Not signed out: {problem}
          </p>
        )}
      </div>
    </details>
  );
}
