/** A bar on the terminal while a file is read; nothing where standard error is no terminal. */
import cliProgress from 'cli-progress';
import { count } from './format.ts';

export interface Progress {
  update(fraction: number | null, phase: string, frames: number): void;
  stop(): void;
}

export function progressBar(): Progress {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new cliProgress.SingleBar(
    {
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      format: (options, params, payload) =>
        `${payload.phase} ${cliProgress.Format.BarFormat(params.progress, options)} ${Math.floor(params.progress * 100)} %  ${payload.frames} frames`,
    },
    cliProgress.Presets.shades_classic,
  );
  let isStarted = false;
  return {
    update: (fraction, phase, frames) => {
      const payload = { phase, frames: count(frames) };
      if (!isStarted) bar.start(1, 0, payload);
      isStarted = true;
      bar.update(fraction ?? 0, payload);
    },
    stop: () => {
      if (isStarted) bar.stop();
      isStarted = false;
    },
  };
}
