/** A run as a picture (SVG) or as a page that needs nothing beside itself (HTML). */
import { type ModuleEvents, worstFirst } from '@emberwatch/engine/physics';
import { degCOfKelvin, S_PER_H, S_PER_MIN } from '@emberwatch/engine/units';
import { Html, html, table } from '../svg/html.ts';
import { drawInside } from '../svg/svg.ts';
import { CHART_WIDTH_PX, type Chart, moduleChart } from './chart.ts';
import { energyIn, interventionText, type TruthRun } from './run.ts';
import { clock, type Span, viewOf } from './view.ts';

/** Beyond this a page is no longer read; the table still names every module. */
const MAX_CHARTS = 12;
/** A closer look is drawn where the event fills less than this share of the run. */
const CLOSE_UP_BELOW = 0.4;
const BEFORE_S = 30 * S_PER_MIN;
const AFTER_S = 15 * S_PER_MIN;
const ROUND_S = 10 * S_PER_MIN;

const drawn = ({ options, heightPx }: Chart, id: string): Promise<Html> =>
  drawInside({ id, width: CHART_WIDTH_PX, height: heightPx, option: options });

const wholeOf = ({ scenario }: TruthRun): Span => ({ fromS: 0, toS: scenario.durationS });

/** From half an hour before the first of vent, point of no return and runaway to a while after the first runaway. */
function closeUpOf(run: TruthRun, event: ModuleEvents): Span | null {
  const times = [event.ventS, event.pnrThresholdS, event.pnrInterventionS, event.runawayS].filter(
    (timeS) => timeS !== null,
  );
  const whole = wholeOf(run);
  if (times.length === 0 || event.pnrThresholdS === null) return null;
  const fromS = Math.max(0, Math.floor((Math.min(...times) - BEFORE_S) / ROUND_S) * ROUND_S);
  const toS = Math.min(whole.toS, Math.ceil((Math.max(...times) + AFTER_S) / ROUND_S) * ROUND_S);
  return toS - fromS < CLOSE_UP_BELOW * whole.toS ? { fromS, toS } : null;
}

/**
 * Modules that are drawn, the worst first: those with a fault of their own, and those to which something happened. A
 * fault of a whole rack alone makes eight pictures of the same. Without any event the first of the site.
 */
function drawnModules(run: TruthRun): ModuleEvents[] {
  const hasOwnFault = new Set(run.scenario.faults.map(({ module }) => module));
  const worst = worstFirst(run.events).filter(
    (event) => event.ventS !== null || event.pnrThresholdS !== null || hasOwnFault.has(event.module),
  );
  return worst.length > 0 ? worst.slice(0, MAX_CHARTS) : run.events.slice(0, 1);
}

/** All modules with events below each other. Shape: one SVG document. */
export async function runSvg(run: TruthRun): Promise<string> {
  const parts: string[] = [];
  let atPx = 0;
  for (const [k, event] of drawnModules(run).entries()) {
    const chart = moduleChart(
      viewOf(run.trajectory, event, wholeOf(run)),
      `${event.module} in ${run.scenario.name}`,
    );
    const inner = await drawn(chart, `m${k}`);
    parts.push(`<svg y="${atPx}" width="${CHART_WIDTH_PX}" height="${chart.heightPx}">${inner.text}</svg>`);
    atPx += chart.heightPx;
  }
  const size = `width="${CHART_WIDTH_PX}" height="${atPx}" viewBox="0 0 ${CHART_WIDTH_PX} ${atPx}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${size} font-family="system-ui, sans-serif">\n${parts.join('\n')}\n</svg>\n`;
}

/** The page: what was run, what happened, where the energy went, and the pictures. */
export async function runHtml(run: TruthRun): Promise<string> {
  const { scenario } = run;
  const worst = worstFirst(run.events);
  const pictures: Html[] = [];
  for (const [k, event] of drawnModules(run).entries()) {
    pictures.push(await picture(run, event, wholeOf(run), event.module, `m${k}`));
    const span = closeUpOf(run, event);
    if (span) pictures.push(await picture(run, event, span, `${event.module}, a closer look`, `c${k}`));
  }
  const omitted = worst.length - drawnModules(run).length;
  const body = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${scenario.name}: simulated truth</title>
<style>${new Html(STYLE)}</style></head><body><main>
<h1>${scenario.name}</h1>
<p>${scenario.description}</p>
<p class="muted">Truth of a simulation, not sensor data: ${run.events.length} modules for ${(scenario.durationS / S_PER_H).toFixed(1)} h, a row every ${scenario.outputIntervalS} s, seed ${scenario.seed}. Times are h:mm:ss from the start of the run.</p>
<h2>What happened</h2>
${worst.length > 0 ? eventTable(run, worst) : html`<p>No module had a hazardous fault, vented or ran away.</p>`}
${stepsText(worst)}
<h2>Where the energy went</h2>
${energyTable(run)}
<h2>${worst.length > 0 ? 'Modules with events' : 'A module'}</h2>
${pictures}
${omitted > 0 ? html`<p class="muted">Not drawn: ${omitted} more of the modules in the table.</p>` : null}
</main></body></html>
`;
  return body.text;
}

async function picture(
  run: TruthRun,
  event: ModuleEvents,
  span: Span,
  title: string,
  id: string,
): Promise<Html> {
  const chart = moduleChart(viewOf(run.trajectory, event, span), title);
  const inner = await drawn(chart, id);
  const label = `${title}: temperatures, voltage and gas from ${clock(span.fromS)} to ${clock(span.toS)}`;
  return html`<figure><svg role="img" aria-label="${label}" viewBox="0 0 ${CHART_WIDTH_PX} ${chart.heightPx}">${inner}</svg></figure>\n`;
}

const timeText = (timeS: number | null): string => (timeS === null ? '–' : clock(timeS));

const eventTable = (run: TruthRun, events: readonly ModuleEvents[]): Html =>
  table(
    [
      'Module',
      'Faults',
      ...[
        'Fault begins',
        'Vent',
        'PNR by threshold',
        'PNR by intervention',
        'Runaway',
        'Hottest cell',
        'at',
      ].map((head) => ({ head, isNumber: true })),
    ],
    events.map((event) => [
      event.module,
      event.faultKinds.join(', ') || 'none of its own',
      timeText(event.faultOnsetS),
      timeText(event.ventS),
      timeText(event.pnrThresholdS),
      interventionText(run, event, timeText),
      timeText(event.runawayS),
      `${degCOfKelvin(event.peakK).toFixed(0)} °C`,
      timeText(event.peakS),
    ]),
  );

function stepsText(events: readonly ModuleEvents[]): Html[] {
  return events
    .filter(({ runaways }) => runaways.length > 1)
    .map(
      ({ module, runaways }) =>
        html`<p><b>Propagation in ${module}</b>: ${runaways.map(({ cell, timeS }) => `cell ${cell} ${clock(timeS)}`).join(', ')}.</p>\n`,
    );
}

function energyTable({ energy, effort, wallMs }: TruthRun): Html {
  const number = (head: string) => ({ head, isNumber: true });
  return html`${table(
    [
      number('Reactions'),
      number('Electric heat'),
      number('Heaters'),
      number('Stored in solids'),
      number('To air'),
      number('To coolant'),
      number('Ejected'),
      number('Unaccounted'),
    ],
    [
      [
        ...[
          energy.releasedByReactionsJ,
          energy.electricHeatJ,
          energy.heaterJ,
          energy.storedInSolidsJ,
          energy.toAirJ,
          energy.toCoolantJ,
          energy.ejectedJ,
        ].map(energyIn(energy)),
        `${(energy.residual * 100).toExponential(1)} %`,
      ],
    ],
  )}<p class="muted">The first three are sources, the others where it went. ${effort.steps.toLocaleString('en-US')} steps, ${effort.evaluations.toLocaleString('en-US')} evaluations, ${(wallMs / 1000).toFixed(2)} s.</p>`;
}

const STYLE = `
body { margin: 0; background: #eef0f2; color: #1d252b; font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { margin: 0 0 4px; font-size: 26px; } h2 { margin: 28px 0 8px; font-size: 18px; }
p { margin: 4px 0; max-width: 80ch; } .muted { color: #5b6770; font-size: 13px; }
table { border-collapse: collapse; background: #fff; font-size: 13px; }
th, td { padding: 5px 12px; border-bottom: 1px solid #dce1e5; text-align: left; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 12px 0; background: #fff; border: 1px solid #dce1e5; border-radius: 6px; overflow: hidden; }
figure svg { display: block; width: 100%; height: auto; }
main > table { display: block; width: fit-content; max-width: 100%; overflow-x: auto; }
@media print { body { background: #fff; } figure { break-inside: avoid; border: 0; } }
`;
