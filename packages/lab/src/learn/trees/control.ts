/** How the threads of a crew wait for each other: numbers in shared memory. */

/** Indices into `control`: number of the task at hand, or −1 to go home; threads that have done it; threads ready. */
export const TICKET = 0;
export const DONE = 1;
export const READY = 2;
/** Looks before a thread lies down: tasks follow each other within microseconds. */
const LOOKS = 5000;

export function look(control: Int32Array, at: number, isEnough: (value: number) => boolean): number {
  let value = Atomics.load(control, at);
  for (let k = 0; k < LOOKS && !isEnough(value); k++) value = Atomics.load(control, at);
  return value;
}
