/** Where runs are made: a thread of its own, started by `RunPool`. */
import { makeRun } from './run.ts';

export default makeRun;
