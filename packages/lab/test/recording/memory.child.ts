/** Reads a generated recording in a process of its own, whose heap the caller limits; prints what it took. */
import { openRecording } from '../../src/recording/index.ts';

const [mode = '', size = '0', path = ''] = process.argv.slice(2);

const MODULES = 12;
const ROWS_PER_CHUNK = 4000;
const COLUMNS = 24;

/** Rows of fixed width whose time is written over in place: making them costs next to nothing. */
async function* generated(totalBytes: number, isGrouped: boolean): AsyncGenerator<Uint8Array> {
  const cells = Array.from({ length: COLUMNS }, (_, i) => `V_${i}`);
  yield Buffer.from(`t,m,${cells.join(',')}\n`);
  const values = cells.map((_, i) => (3.6 + i / 1000).toFixed(4)).join(',');
  const row = Buffer.from(`1700000000,M00,${values}\n`);
  const rows = Math.ceil(totalBytes / row.length);
  const rowsPerModule = Math.ceil(rows / MODULES);
  for (let at = 0; at < rows; at += ROWS_PER_CHUNK) {
    const count = Math.min(ROWS_PER_CHUNK, rows - at);
    const chunk = Buffer.alloc(count * row.length);
    for (let i = 0; i < count; i++) {
      const number = at + i;
      const module = isGrouped ? Math.floor(number / rowsPerModule) : number % MODULES;
      const s = 1_700_000_000 + (isGrouped ? number % rowsPerModule : Math.floor(number / MODULES));
      row.copy(chunk, i * row.length);
      chunk.write(String(s), i * row.length, 'latin1');
      chunk.write(String(module).padStart(2, '0'), i * row.length + 12, 'latin1');
    }
    yield chunk;
  }
}

let lastMs = Number.NEGATIVE_INFINITY;
let isInOrder = true;
const summary = await openRecording(mode === 'parquet' ? path : '-', {
  mapping: {
    name: 'generated',
    time: { column: 't', format: 'unix_s' },
    module: { column: 'm' },
    cell_voltages_v: { columns: `V_{0..${COLUMNS - 1}}` },
  },
  input: generated(Number(size), mode === 'grouped'),
  ordered: mode === 'grouped',
  sink: {
    frame: ({ timeMs }) => {
      if (timeMs < lastMs) isInOrder = false;
      lastMs = timeMs;
    },
    rejection: () => {},
  },
});
const { frames, rejections, bytes, spilledBytes } = summary;
const maxRssBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ frames, rejections, bytes, spilledBytes, isInOrder, maxRssBytes }));
