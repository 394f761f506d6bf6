/** One sheet for the fire service: where it is hot, what is in the air, what is not known, whom to call. */
import { type Level, levelRank } from '@emberwatch/engine/detector';
import { MS_PER_DAY, MS_PER_H, MS_PER_MIN, MS_PER_S } from '@emberwatch/engine/units';
import { countText, SHEET_TEXTS } from '../messages.ts';
import type { ModuleState } from '../monitor/fleet.ts';
import type { RetiredModule } from '../monitor/retired.ts';
import type { AlarmRecord } from '../records.ts';
import { type Html, html, pageOf } from './html.ts';
import { levelName, numberText, shapeOf } from './marks.ts';
import type { SiteFacts } from './site.ts';
import { instantText, knownZone, localText, spanText } from './times.ts';

export interface ResponderView {
  readonly site: SiteFacts;
  /** Wall clock. */
  readonly nowMs: number;
  /** Time of the data, and when the last frame of the site came by the wall clock; null before the first. */
  readonly clockMs: number | null;
  readonly lastArrivalMs: number | null;
  /** What it shows was recorded. */
  readonly isPlayback: boolean;
  /** Whether monitoring works, and what is broken. */
  readonly watching: { readonly ok: boolean; readonly why: string | null };
  readonly modules: readonly ModuleState[];
  /** Open alarms. */
  readonly alarms: readonly AlarmRecord[];
  /** Taken out of the watch by people: what burnt still stands there. */
  readonly retired: readonly RetiredModule[];
}

/** Up to so many modules each has a tile; beyond it a rack is a line. */
const MAX_TILES = 192;
/** A value older than this is printed with its age. */
const STALE_MS = MS_PER_MIN;
const MAX_ALARMS = 8;
const MAX_SILENT_NAMES = 12;
const MAX_RETIRED_NAMES = 4;
const MAX_CONTACTS = 8;
const MAX_NOTES = 6;

export function responderPage(view: ResponderView): string {
  const racks = racksOf(view);
  const body = html`${head(view)}
${warningBox()}
<main>
${alarms(view)}
${silence(view)}
${retired(view)}
${view.modules.length > MAX_TILES ? rackTable(racks) : rackTiles(racks)}
${people(view)}
</main>
${foot(view)}`;
  return pageOf(`${view.site.title ?? view.site.name}: ${SHEET_TEXTS.title}`, 'responder', body);
}

/** A module that fell silent in alarm counts as it was last known: silence must not calm the picture. */
const concernOf = ({ level, lastKnownLevel }: ModuleState): Level =>
  level === 'unknown' && lastKnownLevel !== null && levelRank(lastKnownLevel) > levelRank('normal')
    ? lastKnownLevel
    : level;

/** How old a value is: behind the others, and how long ago anything came at all. */
function ageMs({ nowMs, clockMs, lastArrivalMs }: ResponderView, { timeMs }: ModuleState): number {
  if (clockMs === null || lastArrivalMs === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, clockMs - timeMs) + Math.max(0, nowMs - lastArrivalMs);
}

function head(view: ResponderView): Html {
  const { site, nowMs, modules, watching } = view;
  const mostSevere = modules.reduce<Level>((worst, module) => {
    const level = concernOf(module);
    return levelRank(level) > levelRank(worst) ? level : worst;
  }, 'unknown');
  const unknownCount = modules.filter(({ level }) => level === 'unknown').length;
  // Nothing is called normal while a part of it is not known, or was retired and its alarm is not over.
  const isPartlyUnknown = unknownCount > 0 || retiredInAlarm(view).length > 0;
  const state: Level = mostSevere === 'normal' && isPartlyUnknown ? 'unknown' : mostSevere;
  const sinceMs = Math.min(...modules.filter((m) => concernOf(m) === mostSevere).map((m) => m.sinceMs));
  const zone = knownZone(site.timeZone);
  return html`<header>
<div class="title"><div><p class="kicker">${SHEET_TEXTS.kicker}</p>
<h1>${site.title ?? site.name}</h1>
<p class="address">${site.address ?? SHEET_TEXTS.noAddress}</p></div>
<div class="printed"><p>${SHEET_TEXTS.stateAt}</p><p class="clock">${localText(nowMs, zone).slice(11)}</p><p>${localText(nowMs, zone).slice(0, 10)} ${zone}</p>${zone === 'UTC' ? null : html`<p>${localText(nowMs, 'UTC')} UTC</p>`}</div></div>
<p class="state ${state}">${levelName(state)} <span class="extent">${stateText(view, state, unknownCount)}${Number.isFinite(sinceMs) && state !== 'normal' && state !== 'unknown' ? `, since ${sinceText(sinceMs, zone)}` : ''}</span></p>
${view.isPlayback ? html`<p class="broken"><b>${SHEET_TEXTS.playback}</b></p>` : null}
${watching.ok ? null : html`<p class="broken"><b>${SHEET_TEXTS.notMonitored(watching.why ?? SHEET_TEXTS.monitoringBroken)}</b> ${SHEET_TEXTS.maybeOld}</p>`}
</header>`;
}

/** Local first, as the clocks of those who read it. */
const sinceText = (timeMs: number, zone: string): string =>
  zone === 'UTC'
    ? instantText(timeMs, zone)
    : `${localText(timeMs, zone)} (${localText(timeMs, 'UTC').slice(11)} UTC)`;

function stateText({ modules }: ResponderView, state: Level, unknownCount: number): string {
  if (modules.length === 0) return SHEET_TEXTS.nothingMeasured;
  const at = modules.filter((module) => concernOf(module) === state).length;
  const unknown = unknownCount > 0 && state !== 'unknown' ? `, ${unknownCount} unknown` : '';
  return `${countText(at, 'module')} of ${modules.length}${unknown}`;
}

const warningBox = (): Html => html`<aside class="keep-shut">
<p class="shout">${SHEET_TEXTS.doNotOpen}</p>
<div><p><b>${SHEET_TEXTS.doNotOpenBecause}</b> ${SHEET_TEXTS.gas}</p>
<p>${SHEET_TEXTS.hazards}</p></div>
</aside>`;

/** Gravest first; of the same priority the first raised first: there it began. */
function alarms({ alarms: all, site }: ResponderView): Html {
  const zone = knownZone(site.timeZone);
  const severe = all
    .filter(
      ({ kind, highestPriority, state }) =>
        (kind === 'hazard' || kind === 'gas') && highestPriority <= 2 && state !== 'closed',
    )
    .sort((a, b) => a.highestPriority - b.highestPriority || a.raisedMs - b.raisedMs);
  const more = severe.length - MAX_ALARMS;
  return html`<section class="alarms"><h2>${SHEET_TEXTS.alarms}${severe.length > 0 ? `: ${severe.length}` : ''}</h2>
${
  severe.length === 0
    ? html`<p>${SHEET_TEXTS.noAlarm}</p>`
    : html`<ol>${severe
        .slice(0, MAX_ALARMS)
        .map(
          ({ kind, highestLevel, source, raisedMs, reasons, text, state }) =>
            html`<li>${levelName(highestLevel ?? 'unknown')} <b>${kind === 'gas' ? `Gas, ${source}` : source}</b> <span class="time">${localText(raisedMs, zone).slice(11)}</span> ${kind === 'gas' ? gasAlarmText(text, source) : (reasons[0]?.text ?? text)}${state === 'returned' || state === 'latched' ? ` ${SHEET_TEXTS.cleared}` : ''}</li>`,
        )}</ol>${more > 0 ? html`<p class="note">${SHEET_TEXTS.more(more)}</p>` : null}`
}</section>`;
}

/** Without the name and the level that stand before it. */
const gasAlarmText = (text: string, space: string): string =>
  text.startsWith(`${space}: `) ? text.slice(space.length + 2).replace(/^(advisory|warning), /, '') : text;

function silence(view: ResponderView): Html | null {
  const silent = view.modules.filter(({ isSilent, level }) => isSilent || level === 'unknown');
  if (silent.length === 0) return null;
  const names = silent.slice(0, MAX_SILENT_NAMES).map(({ moduleId }) => moduleId);
  const isAll = silent.length === view.modules.length;
  const which = isAll
    ? SHEET_TEXTS.wholeSite
    : `${names.join(', ')}${silent.length > names.length ? ', …' : ''}`;
  return html`<p class="silent">${shapeOf('unknown')} <b>${countText(silent.length, 'module')} ${SHEET_TEXTS.unknownNow}</b> ${which}. ${SHEET_TEXTS.valuesHaveAge}</p>`;
}

/** Retired, with an alarm of hazard that is not closed. */
const retiredInAlarm = ({ retired: all, alarms: open }: ResponderView): readonly RetiredModule[] =>
  all.filter(({ moduleId }) => open.some(({ kind, source }) => kind === 'hazard' && source === moduleId));

/** The gravest first: what was in alarm when it was retired may be burning still. */
function retired({ retired: all, site }: ResponderView): Html | null {
  if (all.length === 0) return null;
  const zone = knownZone(site.timeZone);
  const sorted = [...all].sort(
    (a, b) => levelRank(b.lastLevel ?? 'unknown') - levelRank(a.lastLevel ?? 'unknown'),
  );
  const texts = sorted
    .slice(0, MAX_RETIRED_NAMES)
    .map(({ moduleId, lastLevel, lastHottestDegC, lastFrameMs }) => {
      const level = lastLevel === null ? SHEET_TEXTS.levelUnknown : `was ${lastLevel}`;
      const hottest = lastHottestDegC === null ? '' : `, ${degreesText(lastHottestDegC)} °C`;
      const at = lastFrameMs === null ? '' : ` at ${localText(lastFrameMs, zone)}`;
      return `${moduleId} (${level}${hottest}${at})`;
    });
  const more = all.length > texts.length ? `; and ${all.length - texts.length} more` : '';
  return html`<p class="silent">${shapeOf('unknown')} <b>${countText(all.length, 'module')} ${SHEET_TEXTS.retired}</b> ${texts.join('; ')}${more}. ${SHEET_TEXTS.mayStandThere}</p>`;
}

interface RackModule {
  readonly module: ModuleState;
  readonly concern: Level;
  readonly ageMs: number;
}

interface Rack {
  readonly name: string;
  readonly concern: Level;
  readonly modules: readonly RackModule[];
  readonly hottest: RackModule | null;
  readonly gas: readonly { readonly name: string; readonly ppm: number }[];
}

const GASES = [
  ['CO', 'co_ppm'],
  ['H2', 'h2_ppm'],
  ['VOC', 'voc_ppm'],
] as const;

const naturally = new Intl.Collator('en', { numeric: true });

const hottestDegC = ({ values }: ModuleState): number => values['hottest_degc'] ?? Number.NEGATIVE_INFINITY;

function racksOf(view: ResponderView): Rack[] {
  const byName = new Map<string, RackModule[]>();
  for (const module of view.modules) {
    const name = module.rackId ?? 'No rack';
    const list = byName.get(name) ?? [];
    byName.set(name, list);
    list.push({ module, concern: concernOf(module), ageMs: ageMs(view, module) });
  }
  return [...byName]
    .sort(([a], [b]) => naturally.compare(a, b))
    .map(([name, modules]) => rackOf(name, modules));
}

function rackOf(name: string, modules: RackModule[]): Rack {
  modules.sort((a, b) => naturally.compare(a.module.moduleId, b.module.moduleId));
  let hottest: RackModule | null = null;
  let concern: Level = 'unknown';
  for (const one of modules) {
    if (levelRank(one.concern) > levelRank(concern)) concern = one.concern;
    const isHotter =
      hottestDegC(one.module) > (hottest ? hottestDegC(hottest.module) : Number.NEGATIVE_INFINITY);
    if (isHotter) hottest = one;
  }
  const isPartlyUnknown = concern === 'normal' && modules.some((one) => one.concern === 'unknown');
  const gas = GASES.flatMap(([gasName, id]) => {
    const values = modules.flatMap(({ module }) => module.values[id] ?? []);
    return values.length === 0 ? [] : [{ name: gasName, ppm: Math.max(...values) }];
  });
  return { name, concern: isPartlyUnknown ? 'unknown' : concern, modules, hottest, gas };
}

/** The largest unit only, rounded down: there is little room, and it is old either way. */
function shortAge(spanMs: number): string {
  if (!Number.isFinite(spanMs)) return 'no time';
  const [unitMs, unit] = (
    [
      [MS_PER_DAY, 'd'],
      [MS_PER_H, 'h'],
      [MS_PER_MIN, 'min'],
    ] as const
  ).find(([ms]) => spanMs >= ms) ?? [MS_PER_S, 's'];
  return `${Math.floor(spanMs / unitMs)}\u00a0${unit}`;
}

const gasText = ({ gas }: Rack): string =>
  gas.length === 0
    ? SHEET_TEXTS.gasNotMeasured
    : gas.map(({ name, ppm }) => `${name} ${numberText(Math.round(ppm))}`).join(' · ');

function rackTiles(racks: readonly Rack[]): Html {
  return html`<section><h2>${SHEET_TEXTS.racks}</h2>
<div class="racks">${racks.map(
    (rack) => html`<div class="rack ${rack.concern}"><h3>${shapeOf(rack.concern)} ${rack.name}</h3>
<ul>${rack.modules.map((one) => tile(rack, one))}</ul>
<p class="gas">${gasText(rack)}</p></div>\n`,
  )}</div>${legend()}</section>`;
}

const legend = (): Html =>
  html`<p class="legend">${(['critical', 'warning', 'advisory', 'normal', 'unknown'] as const).map((level) => html`<span>${levelName(level)}</span> `)} <span>– ${SHEET_TEXTS.noValue}</span> ${SHEET_TEXTS.positions}</p>`;

function tile({ name }: Rack, { module, concern, ageMs: age }: RackModule): Html {
  const { moduleId, values, level } = module;
  const short = moduleId.startsWith(name)
    ? moduleId.slice(name.length).replace(/^[_\-.:/ ]+/, '') || moduleId
    : moduleId;
  const isOld = age > STALE_MS || level === 'unknown';
  return html`<li class="${concern}${level === 'unknown' ? ' old' : ''}"><span class="name">${short.replace(/^Module0*(?=\d)/i, '')}</span>${shapeOf(concern)}<b>${degreesText(values['hottest_degc'])}</b>${isOld ? html`<small>${shortAge(age)}</small>` : null}</li>`;
}

const degreesText = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : String(Math.round(value)).replace('-', '−');

/** Racks of which there is something to say have a line each; of the others name and temperature are enough. */
function rackTable(racks: readonly Rack[]): Html {
  const sorted = [...racks].sort(
    (a, b) => levelRank(b.concern) - levelRank(a.concern) || naturally.compare(a.name, b.name),
  );
  const calm = sorted.filter(({ concern }) => concern === 'normal');
  const severe = sorted.filter(({ concern }) => concern !== 'normal');
  return html`<section><h2>${countText(racks.length, 'rack')}, ${SHEET_TEXTS.rackLines}</h2>
<div class="rack-lines">${severe.map(rackLine)}</div>
<div class="calm-racks">${calm.map(
    ({ name, hottest }) =>
      html`<p class="rack-line">${shapeOf('normal')} ${name} <b>${degreesText(hottest?.module.values['hottest_degc'])}</b></p>`,
  )}</div>${legend()}</section>`;
}

function rackLine(rack: Rack): Html {
  const { name, concern, modules, hottest } = rack;
  const unknown = modules.filter(({ module }) => module.level === 'unknown').length;
  const age = hottest && hottest.ageMs > STALE_MS ? `, ${shortAge(hottest.ageMs)} old` : '';
  const where = hottest ? ` at ${hottest.module.moduleId}${age}` : '';
  const blind = unknown > 0 ? ` · ${unknown} of ${modules.length} modules unknown` : '';
  return html`<p class="rack-line ${concern}">${levelName(concern)} <b>${name}</b> <span class="hot">${degreesText(hottest?.module.values['hottest_degc'])} °C</span>${where} · ${gasText(rack)}${blind}</p>`;
}

function people({ site: { contacts = [], notes = [] } }: ResponderView): Html {
  return html`<section class="people"><div><h2>${SHEET_TEXTS.call}</h2>
${contacts.length === 0 ? html`<p>${SHEET_TEXTS.noContact}</p>` : html`<ul>${contacts.slice(0, MAX_CONTACTS).map(({ role, name, phone }) => html`<li>${role}${name ? ` ${name}` : ''}: <b>${phone}</b></li>`)}</ul>`}</div>
<div><h2>${SHEET_TEXTS.notes}</h2>
${notes.length === 0 ? html`<p>${SHEET_TEXTS.noNote}</p>` : html`<ul>${notes.slice(0, MAX_NOTES).map((note) => html`<li>${note}</li>`)}</ul>`}</div></section>`;
}

function foot({ clockMs, lastArrivalMs, nowMs, site }: ResponderView): Html {
  const zone = knownZone(site.timeZone);
  const data =
    clockMs === null || lastArrivalMs === null
      ? SHEET_TEXTS.noReading
      : SHEET_TEXTS.newestReading(instantText(clockMs, zone), spanText(nowMs - lastArrivalMs));
  return html`<footer><p>${data} ${SHEET_TEXTS.advisory}</p></footer>`;
}
