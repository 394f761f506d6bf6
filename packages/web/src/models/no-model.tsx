/** Without a model: what that means, and how there would be one. */
import type { ReactNode } from 'react';
import { documentHref } from '../documents/pages.ts';

export const RulesAlone = (): ReactNode => (
  <section className="panel blind" aria-labelledby="alone-title">
    <h2 id="alone-title">The rules alone judge</h2>
    <div className="prose">
      <ul>
        <li>Every level is raised as in the table below, and every verdict names its rule and limit.</li>
        <li>There is no probability of hazard and no time to the point of no return.</li>
        <li>
          Two kinds of physics that agree are critical, also where a fault would end well: expect more
          critical alarms of abuse that stays harmless.
        </li>
        <li>What shows itself in no single figure, but in many small ones together, is seen later.</li>
      </ul>
      <p>
        A model is added at the next start: <code>model: models/hazard-1.model</code> in the settings, or{' '}
        <code>--model</code> on the command line.{' '}
        <a href={documentHref('service', 'model')}>What it adds, and what it takes away</a>
      </p>
    </div>
  </section>
);
