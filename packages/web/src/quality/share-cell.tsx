import type { ReactNode } from 'react';
import { unitText } from '../ui/format.ts';
import type { Signal } from '../wire.ts';

interface HeadsProps {
  readonly signals: readonly Signal[];
  readonly first: string;
  readonly second: string;
}

export const SignalHeads = ({ signals, first, second }: HeadsProps): ReactNode => (
  <thead>
    <tr>
      <th scope="col">{first}</th>
      <th scope="col">{second}</th>
      {signals.map(({ id, label, unit }) => (
        <th key={id} scope="col" className="signal">
          {label} <small>{unitText(unit)}</small>
        </th>
      ))}
    </tr>
  </thead>
);

interface ShareCellProps {
  readonly delivered: number;
  readonly modules: number;
  readonly faulty: number;
  /** Somebody at this site delivers it. */
  readonly isKnownHere: boolean;
}

/** Said by shape and number, never by colour alone. */
export function ShareCell({ delivered, modules, faulty, isKnownHere }: ShareCellProps): ReactNode {
  const [kind, mark, said] =
    delivered === modules
      ? ['is-whole', '●', 'all deliver']
      : delivered > 0
        ? ['is-part', `${delivered}/${modules}`, `${delivered} of ${modules} deliver`]
        : isKnownHere
          ? ['is-hole', '○', 'none delivers']
          : ['is-absent', '–', 'nobody at this site delivers'];
  const ill = faulty > 0 ? `, ${faulty} with a sensor fault` : '';
  return (
    <td className="signal" title={said + ill}>
      <span className={`share ${kind}`} aria-hidden>
        {mark}
      </span>
      {faulty > 0 && (
        <span className="share is-faulty" aria-hidden>
          ▲ {faulty}
        </span>
      )}
      <span className="unseen">{said + ill}</span>
    </td>
  );
}
