import type { Detector } from '@emberwatch/engine/detector';

/** A detector without `snapshot` is made again from the journal alone. */
export type DetectorLike = Pick<Detector, 'observe' | 'advance' | 'verdict' | 'finish'> &
  Partial<Pick<Detector, 'observeInstant' | 'snapshot' | 'restore' | 'forget'>>;
