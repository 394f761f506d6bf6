/** The state of fleet and door in bytes: lists of a large site are written piece by piece, between turns of the event loop. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import { InputError } from '@emberwatch/engine/telemetry';
import type { FleetState } from './fleet.ts';
import type { PipelineState } from './pipeline.ts';

export interface KeptState {
  readonly fleet: FleetState;
  readonly door: PipelineState;
}

/** Elements written between two turns: some milliseconds. */
const ELEMENTS_A_TURN = 250;

/** What has an element for each module. */
interface Lists {
  readonly modules: FleetState['modules'];
  readonly clocks: PipelineState['clocks'];
  readonly stamps: PipelineState['stamps']['clocks'];
}

interface Stored {
  /** Of the state without its lists. */
  readonly head: Uint8Array;
  readonly pieces: readonly (readonly [keyof Lists, Uint8Array])[];
}

/** @param state whose elements of lists are copies: all else is written before this returns */
export async function bytesOfState({ fleet, door: pipeline }: KeptState): Promise<Uint8Array> {
  const head = serialize(withLists({ fleet, door: pipeline }, { modules: [], clocks: [], stamps: [] }));
  const lists: Lists = { modules: fleet.modules, clocks: pipeline.clocks, stamps: pipeline.stamps.clocks };
  const pieces: [keyof Lists, Uint8Array][] = [];
  for (const name of Object.keys(lists) as (keyof Lists)[])
    for (let at = 0; at < lists[name].length; at += ELEMENTS_A_TURN) {
      pieces.push([name, serialize(lists[name].slice(at, at + ELEMENTS_A_TURN))]);
      await nextTurn();
    }
  return serialize({ head, pieces } satisfies Stored);
}

/** @throws InputError where they are none */
export function stateOfBytes(bytes: Uint8Array): KeptState {
  try {
    const { head, pieces } = deserialize(bytes) as Stored;
    const lists: Record<keyof Lists, unknown[]> = { modules: [], clocks: [], stamps: [] };
    for (const [name, piece] of pieces) lists[name].push(...(deserialize(piece) as unknown[]));
    return withLists(deserialize(head) as KeptState, lists as unknown as Lists);
  } catch (error) {
    throw new InputError('it is broken', { cause: error });
  }
}

const withLists = ({ fleet, door: pipeline }: KeptState, { modules, clocks, stamps }: Lists): KeptState => ({
  fleet: { ...fleet, modules },
  door: { ...pipeline, clocks, stamps: { ...pipeline.stamps, clocks: stamps } },
});
