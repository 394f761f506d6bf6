/** Before anybody is known nothing of the site is shown: what this is, and how to come in. */
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useSession, type Who } from './session.ts';
import { slipOf, whyDenied } from './token-text.ts';
import '../style/session.css';

const WHY: Readonly<Record<(Who & { state: 'out' })['why'], string | null>> = {
  never: null,
  ended:
    'Your session has ended: its time is over, or its token was revoked. The site is still watched; only this page no longer shows it.',
  'signed-out': 'You have signed out.',
};

export function SignIn({ why }: { why: (Who & { state: 'out' })['why'] }): ReactNode {
  useEffect(() => {
    document.title = 'Sign in · Emberwatch';
  }, []);
  return (
    <div className="sign-in-page">
      <main className="sign-in">
        <h1>
          <img src="/favicon.svg" alt="" width="28" height="28" />
          Emberwatch
        </h1>
        <p className="quiet">Early warning of fire in battery storage. Advisory only.</p>
        {WHY[why] !== null && (
          <p className={`sign-in-why is-${why}`} role={why === 'ended' ? 'alert' : 'status'}>
            {WHY[why]}
          </p>
        )}
        <TokenForm isReturn={why === 'ended'} />
        <Help />
      </main>
    </div>
  );
}

function TokenForm({ isReturn }: { isReturn: boolean }): ReactNode {
  const session = useSession();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [token, setToken] = useState('');
  const [isShown, setIsShown] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    // Whoever copies a token copies the space beside it.
    const trimmed = token.trim();
    const slip = slipOf(trimmed);
    setProblem(slip);
    if (slip !== null) {
      field.current?.focus();
      return;
    }
    setIsBusy(true);
    try {
      await session.signIn(trimmed);
    } catch (error) {
      setProblem(whyDenied(error));
      setIsBusy(false);
      field.current?.focus();
    }
  };
  return (
    <form onSubmit={submit} noValidate>
      <label htmlFor={id}>Token</label>
      <div className="token-line">
        <input
          ref={field}
          id={id}
          type={isShown ? 'text' : 'password'}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="ew_…"
          value={token}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : `${id}-problem`}
          onChange={(event) => {
            setToken(event.target.value);
            setProblem(null);
          }}
        />
        <button type="button" className="button" aria-pressed={isShown} onClick={() => setIsShown(!isShown)}>
          {isShown ? 'Hide' : 'Show'}
        </button>
      </div>
      {problem !== null && (
        <p className="wrong" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="button is-primary" disabled={isBusy}>
        {isBusy ? 'Signing in…' : isReturn ? 'Sign in again' : 'Sign in'}
      </button>
    </form>
  );
}

const Help = (): ReactNode => (
  <section className="sign-in-help" aria-label="About tokens">
    <h2>Where a token comes from</h2>
    <p>
      Whoever runs this service gives you one, under your own name: what you do to alarms is kept under it.
      The first one, of an admin, is printed when the service starts for the first time. More are made by an
      admin, or while the service stands still by
    </p>
    <pre>emberwatch token create "Ada Lovelace" --role operator</pre>
    <p className="quiet">
      The token is changed for a session that ends after 30 minutes without this page, and after 12 hours in
      any case; that of a viewer after 7 days. This page keeps nothing of it.
    </p>
  </section>
);
