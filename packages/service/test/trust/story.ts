/** What the modules of the trust tests measure: made of the number of the instant alone, so that every run has the same. */

/** Times of the data begin some hours ago, so that no clock of the service finds them ahead of itself. */
export const STORY_START_MS = 60_000 * (Math.floor(Date.now() / 60_000) - 360);
export const INSTANT_MS = 1000;

export interface Heating {
  readonly moduleId: string;
  readonly fromInstant: number;
  readonly perInstantK: number;
  /** From here on it cools again; unset: it heats on. */
  readonly untilInstant?: number;
  readonly coolsPerInstantK?: number;
}

export interface Story {
  readonly gatewayId: string;
  readonly modules: number;
  readonly instants: number;
  readonly heatings: readonly Heating[];
}

export const moduleOf = (gatewayId: string, n: number): string =>
  `${gatewayId}_M${String(n + 1).padStart(2, '0')}`;

export const timeOf = (instant: number): number => STORY_START_MS + INSTANT_MS * instant;

function risesK(heating: Heating | undefined, instant: number): number {
  if (!heating) return 0;
  const { fromInstant, perInstantK, untilInstant = Number.POSITIVE_INFINITY, coolsPerInstantK = 0 } = heating;
  const heatedK = perInstantK * Math.max(0, Math.min(instant, untilInstant) - fromInstant);
  return Math.max(0, heatedK - coolsPerInstantK * Math.max(0, instant - untilInstant));
}

/** Sensors are never quite still: between -0.5 and 0.5, the same for the same frame. */
function flickerOf(n: number, instant: number): number {
  const wave = Math.sin(12.9898 * n + 78.233 * instant) * 43_758.5453;
  return wave - Math.floor(wave) - 0.5;
}

/** Eight modules of a gateway are one rack. */
export function recordOf({ gatewayId, heatings }: Story, n: number, instant: number) {
  const moduleId = moduleOf(gatewayId, n);
  const flicker = flickerOf(n, instant);
  const hotK = heatings
    .filter((heating) => heating.moduleId === moduleId)
    .reduce((sum, heating) => sum + risesK(heating, instant), 0);
  return {
    time: timeOf(instant),
    module_id: moduleId,
    rack_id: `${gatewayId}_R${Math.floor(n / 8) + 1}`,
    surface_temperature_max_degc: Number((25 + hotK + 0.1 * flicker).toFixed(3)),
    surface_temperature_mean_degc: Number((24.5 + 0.7 * hotK + 0.1 * flicker).toFixed(3)),
    voltage_v: Number((51.2 - 0.04 * hotK + 0.02 * flicker).toFixed(3)),
    current_a: Number((2 + 0.1 * flicker).toFixed(3)),
  };
}

/** All modules of a gateway at one instant, as NDJSON. */
export function bodyOf(story: Story, instant: number): string {
  let body = '';
  for (let n = 0; n < story.modules; n++) body += `${JSON.stringify(recordOf(story, n, instant))}\n`;
  return body;
}
