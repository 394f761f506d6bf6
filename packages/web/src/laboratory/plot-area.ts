/** All pictures of a run leave the same room on both sides, so that an instant stands on one line through all of them. */
export const LEFT_PX = 50;
export const RIGHT_PX = 10;
