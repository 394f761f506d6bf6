/** A bar on the terminal while work is done; nothing where standard error is no terminal. */
import cliProgress from 'cli-progress';
import { count } from './format.ts';

/** As a shell says it of a command that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;

export interface Progress {
  update(fraction: number | null, phase: string, frames: number): void;
  stop(): void;
}

/**
 * `unit` names what is counted; null counts nothing. While work never gives way to the event loop, a handler of
 * interrupts could not run and Ctrl-C would do nothing: `blocking` sets none and leaves the terminal as it is.
 */
export function progressBar(options: { unit?: string | null; blocking?: boolean } = {}): Progress {
  const { unit = 'frames', blocking = false } = options;
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new cliProgress.SingleBar(
    {
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: !blocking,
      linewrap: blocking,
      // Its own handler only removes the bar, and the work goes on.
      gracefulExit: false,
      format: (options, params, payload) =>
        `${payload.phase} ${cliProgress.Format.BarFormat(params.progress, options)} ${Math.floor(params.progress * 100)} %${unit === null ? '' : `  ${payload.frames} ${unit}`}`,
    },
    cliProgress.Presets.shades_classic,
  );
  let isStarted = false;
  const onInterrupt = (): void => {
    bar.stop();
    process.exit(EXIT_INTERRUPTED);
  };
  return {
    update: (fraction, phase, frames) => {
      const payload = { phase, frames: count(frames) };
      if (!isStarted) {
        bar.start(1, 0, payload);
        if (!blocking) process.once('SIGINT', onInterrupt);
      }
      isStarted = true;
      bar.update(fraction ?? 0, payload);
    },
    stop: () => {
      if (isStarted) bar.stop();
      process.off('SIGINT', onInterrupt);
      isStarted = false;
    },
  };
}
