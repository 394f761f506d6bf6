/** What evaluation does to the frames of the same runs, and what it costs. Nothing is trained or calibrated anew. */
import {
  type ChannelGroup,
  leapingClock,
  lossy,
  noisier,
  type Perturbation,
  rarer,
  warmer,
  without,
} from '../rows/perturbation.ts';

const lost = (...groups: ChannelGroup[]) => ({
  about: `lost: ${groups.join(', ')}`,
  make: (): Perturbation => without(groups),
});

/** By name; each is made anew for each run. */
export const CHANGES: Readonly<Record<string, { about: string; make: (seed: number) => Perturbation }>> = {
  'no-gas': lost('gas'),
  'no-current': lost('current', 'state of charge'),
  'no-cells': lost('cells'),
  'no-probes': lost('probes'),
  'no-siblings': lost('siblings'),
  'no-ambient': lost('ambient'),
  'no-nameplate': lost('nameplate'),
  'no-voltage': lost('voltage'),
  'no-temperature': lost('temperature'),
  'one-thermocouple': {
    about: 'only one temperature and the voltage',
    make: () => without(['current', 'state of charge', 'gas', 'ambient', 'cells', 'probes', 'siblings']),
  },
  'offset-2k': { about: 'surface temperatures +2 K', make: () => warmer(2) },
  'noise-3': { about: 'noise × 3', make: (seed) => noisier(3, seed) },
  'every-30s': { about: 'a frame every 30 s', make: () => rarer(30) },
  'lost-30': { about: '30 % of frames lost', make: (seed) => lossy(0.3, seed) },
  'clock-leaps': { about: 'clock leaps 90 s ahead every hour', make: () => leapingClock(90) },
};
