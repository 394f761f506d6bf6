/** What the alarms want to know of senders: who contradicts whom, who is late, who was turned away. */
import type { DuplicateView, SendersView, TurnedAwayView } from '../alarms/sender-conditions.ts';
import type { Fleet } from './fleet.ts';
import type { LateFrames } from './late-frames.ts';
import { isAlarm } from './module-entry.ts';
import type { SideStream } from './side-streams.ts';

/** Frames of a sender within so long are of now. */
const RECENT_MS = 300_000;
/** A lone frame of another sender is an accident. */
const MIN_FRAMES = 2;
const MIN_CONTRADICTIONS = 3;

export const sendersOf = (
  fleet: Fleet,
  lateFrames: LateFrames,
  nowMs: number,
): Omit<SendersView, 'sharedClientIds'> => ({
  duplicates: duplicatesOf(fleet, nowMs),
  unevaluated: Array.from(fleet.sides.unevaluated, ([gatewayId, { frames, modules }]) => ({
    gatewayId,
    frames,
    modules: [...modules],
  })),
  lateFrames: lateFrames.views(nowMs),
  turnedAway: turnedAwayOf(fleet, nowMs),
});

function* duplicatesOf(fleet: Fleet, nowMs: number): Generator<DuplicateView> {
  for (const moduleId of fleet.sides.moduleIds()) {
    const main = fleet.latest(moduleId);
    if (!main || main.gatewayId === null) continue;
    const { gatewayId, rackId } = main;
    const reported = new Set<string>();
    for (const stream of fleet.sides.of(moduleId)) {
      const otherGatewayId = stream.gatewayId;
      if (
        reported.has(otherGatewayId) ||
        !isSecondSender(fleet, stream, gatewayId, main.arrivals.lastMs, nowMs)
      )
        continue;
      reported.add(otherGatewayId);
      const { mainDegC, sideDegC } = stream.contradiction ?? {
        mainDegC: fleet.hottestDegC(moduleId),
        sideDegC: stream.hottestDegC,
      };
      yield {
        moduleId,
        rackId,
        gatewayId,
        otherGatewayId,
        mainDegC: finiteOrNull(mainDegC),
        sideDegC: finiteOrNull(sideDegC),
      };
      // One alarm of a module: a third sender is found once the second has stopped.
      break;
    }
  }
}

function isSecondSender(
  fleet: Fleet,
  stream: SideStream,
  gatewayId: string,
  mainArrivalMs: number,
  nowMs: number,
): boolean {
  const isNow = nowMs - stream.lastArrivalMs <= RECENT_MS || isAlarm(stream.level);
  if (!isNow) return false;
  if (stream.gatewayId !== gatewayId)
    // Where the other one has fallen silent it is no second sender, but the next one.
    return stream.frames >= MIN_FRAMES && mainArrivalMs >= stream.firstArrivalMs;
  return (
    stream.contradictions >= MIN_CONTRADICTIONS ||
    (stream.kind === 'alternating' && fleet.sides.isAlternating(stream.moduleId, gatewayId))
  );
}

function turnedAwayOf({ places, limits, ownership }: Fleet, nowMs: number): TurnedAwayView[] {
  const { gatewayId: largestGatewayId, places: largestPlaces } = places.largest;
  return places.turnedAway(nowMs).map(({ gatewayId, modules, frames }) => ({
    gatewayId,
    modules: [...modules],
    frames,
    places: places.of(gatewayId),
    largestGatewayId,
    largestPlaces,
    allPlaces: limits.modules - ownership.registeredCount,
  }));
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
