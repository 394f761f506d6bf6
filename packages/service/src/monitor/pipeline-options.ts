/** What the one way in is given. */

import type { SettingRow } from '../records.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Fleet } from './fleet.ts';
import type { GatewayState } from './gateways.ts';

export interface IngestPipelineOptions {
  readonly fleet: Fleet;
  readonly commitQueue: CommitQueue;
  readonly now: () => number;
  /** As the store keeps them. */
  readonly setAside?: readonly SettingRow[];
  /** Fields that are delivered on purpose although nothing is made of them; `*` stands for any characters. */
  readonly ignoreFields?: readonly string[];
  /** A gateway said that it is gone, or is there again. */
  readonly onGateway?: (gateway: GatewayState) => void;
}
