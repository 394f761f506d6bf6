import type { ReactNode } from 'react';

/** What may be wider than its place scrolls in it, also by keyboard. */
export const Scrolled = ({ className, children }: { className: string; children: ReactNode }): ReactNode => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached
  <div className={className} tabIndex={0}>
    {children}
  </div>
);
