/** So many places are everybody's. */
const FREE_PLACES = 16;

/**
 * Whether a gateway may take one more of a limited number of places: at most half of what the others leave it. However
 * many gateways take all they may, the next one finds places.
 */
export const mayTake = (ownPlaces: number, allPlaces: number, max: number): boolean =>
  allPlaces < max &&
  (ownPlaces < FREE_PLACES || ownPlaces + 1 <= Math.ceil((max - allPlaces + ownPlaces) / 2));

/** How many places it may have, as things are. */
export function quotaOf(ownPlaces: number, allPlaces: number, max: number): number {
  const others = allPlaces - ownPlaces;
  const fairly = Math.max(FREE_PLACES, Math.ceil((max - others) / 2));
  return Math.max(ownPlaces, Math.min(fairly, max - others));
}
