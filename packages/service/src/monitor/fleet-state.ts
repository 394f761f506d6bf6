/** What the fleet is made of, what it says of a module, and what of it is kept. */
import type { DetectorOptions, DetectorSink, Level, SensorFault, Verdict } from '@emberwatch/engine/detector';
import type { Limits } from '../limits.ts';
import type { ChangeEntry } from '../records.ts';
import type { DetectorLike } from './detector-like.ts';
import type { HostClockState } from './host-clock.ts';
import type { LostChannelsState } from './lost-channels.ts';
import type { ModuleEntry } from './module-entry.ts';
import type { Ownership } from './ownership.ts';
import type { SideStreamState, SideStreamsState } from './side-streams.ts';
import type { SiteClockState } from './site-clock.ts';

/** The detector's verdict, and what the site knows beside it. */
export interface ModuleState extends Verdict {
  /** The last level that was more than `unknown`: what was known before the module fell silent. */
  readonly lastKnownLevel: Level | null;
  /** Nothing of now has arrived for too long: it may still deliver what is old. */
  readonly isSilent: boolean;
  /** How old its data were as they arrived, ms, where that is known not to be now; else null. */
  readonly ageMs: number | null;
  /** How far its stamps are from the clock of this service (ahead is positive), where they are not believed; else null. */
  readonly clockErrorMs: number | null;
  /** Who delivers it; null before the first frame. */
  readonly gatewayId: string | null;
  readonly values: Readonly<Record<string, number | null>>;
  /** Frames that are evaluated apart from those of its gateway, the gravest first. */
  /** Of the frames of its gateway alone. */
  readonly ownLevel: Level;
  readonly sideStreams: readonly SideStreamState[];
}

export interface FleetOptions {
  readonly now?: () => number;
  /** The clock is that of the data: nothing is old, and the wall clock says nothing of them. */
  readonly isPlayback?: boolean;
  readonly silentAfterMs?: number;
  readonly limits?: Partial<Limits>;
  /** What is known of the modules beforehand. */
  readonly detector?: Omit<DetectorOptions, 'sink'>;
  /** Which gateways the settings name, and what people have decided. */
  readonly ownership?: Ownership;
  readonly makeDetector?: (sink: DetectorSink) => DetectorLike;
  readonly onChange?: (change: ChangeEntry) => void;
  readonly onSensorFault?: (fault: SensorFault) => void;
  /** A module in alarm by old data delivers data of now. */
  readonly onCurrent?: (moduleId: string) => void;
}

/** What is known of the fleet beside the detector, as of one instant. */
export interface FleetState {
  readonly modules: readonly (Omit<ModuleEntry, 'arrivals'> & {
    arrivals: { lastMs: number; gapMs: number };
  })[];
  readonly arrivals: { readonly lastMs: number; readonly gapMs: number };
  readonly clock: SiteClockState;
  readonly host: HostClockState;
  readonly advancedToMs: number;
  readonly faults: readonly SensorFault[];
  readonly sides: SideStreamsState;
  readonly lostChannels: LostChannelsState;
}
