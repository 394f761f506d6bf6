/** A worker of the laboratory: one task, then it is ended by who started it. */
import { createModel, decodeModel } from '@emberwatch/engine/detector';
import aliases from '../../../../models/aliases.json';
import { type NamedModel, perform, type Report, type Task } from './task.ts';

const MODELS = import.meta.glob<string>('../../../../models/*.model', {
  query: '?url',
  import: 'default',
  eager: true,
});

/** The shipped champion; null where none is, or where the page was opened so that a hash cannot be checked (plain HTTP). */
async function shippedModel(): Promise<NamedModel | null> {
  const promoted = aliases.history.findLast(({ alias }) => alias === 'champion');
  const url = promoted && MODELS[`../../../../models/${promoted.model}.model`];
  if (!url || !globalThis.crypto?.subtle) return null;
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  const hash = await crypto.subtle.digest('SHA-256', bytes.subarray(bytes.indexOf(10) + 1));
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const document = decodeModel(bytes, () => hex);
  return { name: document.name, model: createModel(document) };
}

const emit = (report: Report): void =>
  postMessage(report, { transfer: report.kind === 'ran' ? [report.trajectory] : [] });

addEventListener('message', async ({ data }: MessageEvent<Task>) => {
  const model = data.kind === 'run' ? await shippedModel().catch(() => null) : null;
  await perform(data, emit, { model, breathe: () => new Promise((done) => setTimeout(done)) });
});
