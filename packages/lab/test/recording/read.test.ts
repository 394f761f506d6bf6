import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { CHANNEL_INDEX, InputError, type Mapping, SEED_MAPPING } from '@emberwatch/engine/telemetry';
import { describe, expect, it } from 'vitest';
import { openRecording, type RecordingOptions, writeRecording } from '../../src/recording/index.ts';
import { openDuckDb } from '../../src/recording/parquet.ts';
import { Collected, START_MS, siteFrames, testFolder } from './frames.ts';

const folder = testFolder();
let fileCount = 0;
const file = (content: string | Uint8Array, name = `file-${++fileCount}`): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

async function read(path: string, options: Partial<RecordingOptions> = {}) {
  const sink = new Collected();
  const summary = await openRecording(path, { sink, ...options });
  return { summary, ...sink };
}

/** A zip as any tool writes it, deflated; `useDescriptor`: sizes stand behind the data. */
function zipOf(entries: Record<string, string | Uint8Array>, useDescriptor = false): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const raw = Buffer.from(content);
    const packed = deflateRawSync(raw);
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32LE(crc32(raw), 0);
    sizes.writeUInt32LE(packed.length, 4);
    sizes.writeUInt32LE(raw.length, 8);
    const flags = useDescriptor ? 8 : 0;
    const fixed = Buffer.from([20, 0, flags, 0, 8, 0, 0, 0, 33, 88]);
    const lengths = Buffer.from([name.length, 0, 0, 0]);
    const local = [
      Buffer.from('PK\x03\x04'),
      fixed,
      useDescriptor ? Buffer.alloc(12) : sizes,
      lengths,
      Buffer.from(name),
      packed,
    ];
    if (useDescriptor) local.push(Buffer.from('PK\x07\x08'), sizes);
    const at = Buffer.alloc(4);
    at.writeUInt32LE(offset);
    directory.push(
      Buffer.from('PK\x01\x02\x14\x00'),
      fixed,
      sizes,
      lengths,
      Buffer.alloc(10),
      at,
      Buffer.from(name),
    );
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(entries).length, 8);
  end.writeUInt16LE(Object.keys(entries).length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}

const seedHeader = 'Timestamp,Module_ID,Module_Voltage_V\n';
const seedRow = (i: number, module = 'A', value: unknown = (50 + (i % 97) / 7).toFixed(4)): string =>
  `${new Date(START_MS + i * 1000).toISOString()},${module},${value}\n`;
const seedCsv = (rows: number, module = 'A', from = 0): string =>
  seedHeader + Array.from({ length: rows }, (_, i) => seedRow(from + i, module)).join('');

describe('one recording in every format and packing', () => {
  it('gives the same frames', async () => {
    const frames = siteFrames(7, 40);
    const paths: string[] = [];
    for (const format of ['csv', 'ndjson', 'parquet'] as const) {
      const path = join(folder, `native-${format}`);
      await writeRecording(path, format, frames);
      const bytes = readFileSync(path);
      paths.push(
        path,
        file(gzipSync(bytes)),
        file(zipOf({ [`data.${format}`]: bytes })),
        file(zipOf({ [`data.${format}.gz`]: gzipSync(bytes) }, true)),
      );
    }
    for (const path of paths) {
      const result = await read(path);
      expect(result.rejections).toEqual([]);
      // What had no list of cells has none again.
      expect(result.frames).toEqual(frames);
      expect(result.summary).toMatchObject({ frames: frames.length, bytes: readFileSync(path).length });
    }
  });

  it('is found by its content where the name lies, and from standard input', async () => {
    const path = file(gzipSync(seedCsv(5)), 'picture.png');
    expect((await read(path)).summary).toMatchObject({ format: 'csv', frames: 5, lines: 6 });
    for (const content of [Buffer.from(seedCsv(5)), gzipSync(seedCsv(5)), zipOf({ 'a.csv': seedCsv(5) })]) {
      async function* input() {
        for (let at = 0; at < content.length; at += 7) yield content.subarray(at, at + 7);
      }
      expect((await read('-', { input: input() })).summary.frames).toBe(5);
    }
  });

  it('writes and reads the seed schema', async () => {
    const path = join(folder, 'seed.csv');
    const frames = siteFrames(2, 3).map((frame) => ({
      ...frame,
      cellVoltagesV: null,
      cellTemperaturesDegC: null,
    }));
    await writeRecording(path, 'seed-csv', frames, {
      hazardLabel: (frame) => (frame.moduleId === 'M1' ? 1 : 0),
    });
    const { summary, frames: again } = await read(path);
    expect(summary.mapping).toBe(SEED_MAPPING);
    expect(summary.coverage.unusedFields).toEqual(['Hazard_Label']);
    expect(again).toEqual(frames);
    expect(readFileSync(path, 'utf8').split('\n')[2]).toMatch(/^2024-01-01 00:00:00,M1,R1,.*,1$/);
  });
});

describe('Parquet', () => {
  const parquet = async (select: string): Promise<string> => {
    const path = join(folder, `table-${++fileCount}.parquet`);
    const { connection, close } = await openDuckDb();
    await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
    close();
    return path;
  };
  const mapping: Mapping = {
    name: 'table',
    time: { column: 't' },
    module: { column: 'm' },
    channels: { voltage_v: { column: 'v' } },
    cell_voltages_v: { list: 'c' },
  };

  it.each([
    "TIMESTAMP '2024-01-01 00:00:01.5'",
    "TIMESTAMP_NS '2024-01-01 00:00:01.5'",
    "(TIMESTAMP '2024-01-01 00:00:01.5')::TIMESTAMP_MS",
    "TIMESTAMPTZ '2024-01-01 00:00:01.5+00'",
    "'2024-01-01T00:00:01.5Z'",
    '1704067201500::BIGINT',
    '1704067201.5::DOUBLE',
  ])('reads the time %s', async (time) => {
    const path = await parquet(
      `SELECT ${time} AS t, 7::SMALLINT AS m, 3.5::DECIMAL(5,2) AS v, [3, NULL]::FLOAT[] AS c`,
    );
    const { frames, rejections } = await read(path, { mapping });
    expect(rejections).toEqual([]);
    expect(frames[0]).toMatchObject({ timeMs: START_MS + 1500, moduleId: '7' });
    expect(frames[0]!.values[CHANNEL_INDEX.voltage_v]).toBe(3.5);
    expect(frames[0]!.cellVoltagesV).toEqual(Float64Array.of(3, Number.NaN));
  });

  it('takes the zone of the mapping for a time that has none', async () => {
    const path = await parquet(
      "SELECT TIMESTAMP '2024-01-01 08:00:00' AS t, 'a' AS m, 1 AS v, NULL::FLOAT[] AS c",
    );
    const zoned: Mapping = { ...mapping, time: { column: 't', zone: '+08:00' } };
    expect((await read(path, { mapping: zoned })).frames[0]!.timeMs).toBe(START_MS);
  });

  it('refuses rows and values by number, column and value', async () => {
    const path = await parquet(
      `SELECT * FROM (VALUES (TIMESTAMP '2024-01-01', 'a', 'NaN'::DOUBLE), (TIMESTAMP '2024-01-01', 'a', 'NaN'::DOUBLE),
       (NULL, 'a', 1), (TIMESTAMP '2024-01-02', NULL, 1), (TIMESTAMP '2024-01-02', 'a', 65535),
       (TIMESTAMP '2024-01-03', 'a', 1)) AS r(t, m, v)`,
    );
    const { cell_voltages_v: _, ...plain } = mapping;
    const { frames, rejections } = await read(path, { mapping: plain });
    expect(frames).toHaveLength(3);
    expect(rejections.map(({ reason, line, column, value }) => [reason, line, column, value])).toEqual([
      ['not-a-number', 1, 'v', 'NaN'],
      ['not-a-number', 2, 'v', 'NaN'],
      ['duplicate-time', 2, 't', String(START_MS)],
      ['missing-time', 3, 't', ''],
      ['missing-module', 4, 'm', ''],
      ['sentinel', 5, 'v', '65535'],
    ]);
  });

  it('that is cut short or lacks a column is an error', async () => {
    const path = await parquet("SELECT TIMESTAMP '2024-01-01' AS t, 'a' AS m, 1 AS v");
    await expect(read(path)).rejects.toThrow('no known schema');
    await expect(read(path, { mapping: { ...mapping, time: { column: 'zeit' } } })).rejects.toThrow(
      `${path}: column "zeit"`,
    );
    await expect(read(file(readFileSync(path).subarray(0, 200)), { mapping })).rejects.toThrow(InputError);
  });
});

describe('archives', () => {
  it('are read file by file in the order of names, whatever holds no data ignored', async () => {
    const path = file(
      zipOf({
        'b.csv': seedCsv(3, 'A', 100) + seedRow(200, 'A', 'x'),
        'a.csv': seedCsv(3),
        'c.csv': 'Timestamp,other\n1,2\n',
        'README.txt': 'notes',
        '__MACOSX/._a.csv': 'junk',
        'plot.png': 'PNG',
      }),
    );
    const { summary, frames, rejections } = await read(path);
    expect(frames.map(({ timeMs }) => (timeMs - START_MS) / 1000)).toEqual([0, 1, 2, 100, 101, 102, 200]);
    expect(summary.entries).toEqual(['a.csv', 'b.csv', 'c.csv']);
    expect(summary.ignoredEntries).toEqual(['README.txt', 'plot.png']);
    expect(rejections).toEqual([
      {
        entry: 'b.csv',
        reason: 'not-a-number',
        scope: 'value',
        line: 5,
        column: 'Module_Voltage_V',
        value: 'x',
      },
      expect.objectContaining({ entry: 'c.csv', reason: 'unreadable-file', scope: 'row' }),
    ]);
  });

  it('carry an elapsed clock from file to file', async () => {
    const mapping: Mapping = {
      name: 'elapsed',
      time: { column: 's', format: 'elapsed_s', start: '2024-01-01', segmentGap: '1min' },
      module: { id: 'M' },
      channels: { voltage_v: { column: 'v' } },
    };
    const { frames } = await read(file(zipOf({ '1.csv': 's,v\n0,1\n5,1\n', '2.csv': 's,v\n0,1\n5,1\n' })), {
      mapping,
    });
    expect(frames.map(({ timeMs }) => (timeMs - START_MS) / 1000)).toEqual([0, 5, 65, 70]);
  });

  it('without data are an error', async () => {
    await expect(read(file(zipOf({ 'a.png': 'x', 'b.jpg': 'x' })))).rejects.toThrow(
      'holds no data file; it has: a.png, b.jpg',
    );
    await expect(read(file(zipOf({ 'xl/workbook.xml': 'x' })))).rejects.toThrow('Excel');
  });
});

describe('a file that breaks off', () => {
  const text = seedCsv(20_000);
  const packings: [string, Buffer, string][] = [
    ['gzip', gzipSync(text), 'unexpected end of file'],
    ['zip', zipOf({ 'a.csv': text }), 'unexpected end of file'],
    ['zip with sizes behind the data', zipOf({ 'a.csv': text }, true), 'unexpected end of file'],
  ];

  it.each(packings)(
    '%s: every whole line is judged, the half one is not, one rejection says so',
    async (_, whole, words) => {
      for (const share of [0.2, 0.5, 0.77, 0.9]) {
        const { frames, rejections, summary } = await read(
          file(whole.subarray(0, Math.floor(whole.length * share))),
        );
        expect(frames.length).toBeGreaterThan(20_000 * share * 0.8);
        const expected = text.split('\n').slice(1, frames.length + 1);
        expect(frames.map(({ values }) => values[CHANNEL_INDEX.voltage_v]!.toFixed(4))).toEqual(
          expected.map((line) => line.split(',')[2]),
        );
        expect(rejections).toEqual([
          { reason: 'truncated', scope: 'row', line: summary.lines, column: null, value: words },
        ]);
        expect([frames.length + 1, frames.length + 2]).toContain(summary.lines);
      }
    },
  );

  it('because bits are wrong is judged up to there', async () => {
    const whole = Buffer.from(gzipSync(text));
    whole.fill(0xff, Math.floor(whole.length * 0.7), Math.floor(whole.length * 0.7) + 40);
    const { frames, rejections } = await read(file(whole));
    expect(frames.length).toBeGreaterThan(5000);
    expect(rejections.map(({ reason }) => reason)).toContain('truncated');
  });

  it('says so where only the checksum is wrong', async () => {
    const zip = zipOf({ 'a.csv': seedCsv(3) });
    const at = zip.indexOf('PK\x01\x02');
    zip.writeUInt32LE(1, at + 16);
    const { frames, rejections } = await read(file(zip));
    expect(frames).toHaveLength(3);
    expect(rejections).toMatchObject([{ reason: 'truncated', line: 4 }]);
  });

  it('although gzip is whole, because other bytes follow, is judged whole', async () => {
    const packed = gzipSync(seedCsv(300).trimEnd());
    const twice = Buffer.concat([packed, gzipSync(`\n${seedRow(300)}`), Buffer.alloc(512)]);
    expect((await read(file(twice))).frames).toHaveLength(301);
    const { frames, rejections } = await read(file(Buffer.concat([packed, Buffer.from('junk')])));
    expect(frames).toHaveLength(300);
    expect(rejections).toMatchObject([{ reason: 'trailing-bytes', line: 301 }]);
    const { rejections: damaged } = await read(
      file(Buffer.concat([packed.subarray(0, -6), Buffer.alloc(6)])),
    );
    expect(damaged).toMatchObject([{ reason: 'truncated', value: 'incorrect data check' }]);
  });

  it('before the first row is an error', async () => {
    for (const [, whole] of packings)
      await expect(read(file(whole.subarray(0, 40)))).rejects.toThrow(InputError);
  });

  it('as NDJSON drops the half record', async () => {
    const lines = Array.from(
      { length: 5000 },
      (_, i) => `{"time":${START_MS + i},"module_id":"A","voltage_v":${i % 60}}`,
    );
    const packed = gzipSync(`${lines.join('\n')}\n`);
    const { frames, rejections, summary } = await read(file(packed.subarray(0, packed.length >> 1)));
    expect(frames.length).toBeGreaterThan(100);
    expect(rejections).toEqual([
      {
        reason: 'truncated',
        scope: 'row',
        line: summary.lines,
        column: null,
        value: 'unexpected end of file',
      },
    ]);
  });
});

describe('what cannot be judged', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'the file is empty'],
    ['an empty gzip', gzipSync(''), 'the file is empty'],
    ['a byte-order mark', '\ufeff', 'the file is empty'],
    ['a header alone', seedHeader, 'no rows: there is nothing to judge'],
    [
      'rows none of which can be read',
      `${seedHeader}x,A,1\ny,A,1\n`,
      'no row could be judged; 2 refused, the first at line 2, column "Timestamp": bad-time: "x"',
    ],
    [
      'rows with a decimal comma, and no mapping that says so',
      `${seedHeader.replaceAll(',', ';')}${seedRow(0, 'A', '3,7').replace(',', ';').replace(',', ';')}`,
      'not one value; 1 refused, the first at line 2, column "Module_Voltage_V": not-a-number: "3,7"; numbers with a decimal comma need csv: { decimalComma: true }',
    ],
    [
      'rows without a value',
      `${seedHeader}${seedRow(0, 'A', '')}`,
      'every field that the mapping names is empty',
    ],
    ['JSON over several lines', '{\n  "frames": [\n    {"time": 1}\n  ]\n}\n', 'one object on each line'],
    [
      'a module name that is not UTF-8',
      Buffer.from(`${seedHeader}${seedRow(0, 'M\xe4')}`, 'latin1'),
      'column "Module_ID": bad-encoding: "M\\xE4"',
    ],
    [
      'a zip with a path that leaves its folder',
      zipOf({ '../../a.csv': seedCsv(2) }),
      'invalid relative path',
    ],
    ['UTF-16', new Uint8Array(Buffer.from(`\ufeff${seedCsv(2)}`, 'utf16le')), 'UTF-16'],
    ['binary junk', new Uint8Array(4096).map((_, i) => (i * 7919) & 0xff), 'no'],
    ['Zstandard', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0), 'Zstandard'],
    ['a JSON array', '[{"a":1}]', 'NDJSON'],
  ])('%s is an error that names the file', async (_, content, message) => {
    const path = file(content);
    const error = await read(path).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message.startsWith(`${path}: `)).toBe(true);
    expect((error as Error).message).toContain(message);
  });

  it('no such file, and a folder', async () => {
    await expect(read(join(folder, 'nowhere'))).rejects.toThrow(
      new InputError(`${join(folder, 'nowhere')}: no such file`),
    );
    await expect(read(folder)).rejects.toThrow('this is a folder');
  });

  it('an error of the sink passes through, and no temporary file stays', async () => {
    const temporaryFolder = join(folder, 'temporary');
    mkdirSync(temporaryFolder);
    const sink = {
      frame: () => {
        throw new Error('sink is full');
      },
      rejection: () => {},
    };
    const content = zipOf({ 'a.csv': seedCsv(5) });
    async function* input() {
      yield content;
    }
    const reading = openRecording('-', { sink, ordered: true, input: input(), temporaryFolder });
    await expect(reading).rejects.toThrow('sink is full');
    expect(readdirSync(temporaryFolder)).toEqual([]);
  });
});

it('progress counts the bytes of the file up to its size', async () => {
  const path = file(gzipSync(seedCsv(20_000)));
  const seen: number[] = [];
  await read(path, { onProgress: (done, total) => seen.push(done / total) });
  expect(seen.at(-1)).toBe(1);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

const data =
  process.env['EMBERWATCH_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname;

describe.skipIf(!existsSync(data))(
  `real recordings (EMBERWATCH_DATA or ../shared/data beside the checkout)`,
  () => {
    it('of the seed are read whole', async () => {
      const { summary } = await read(join(data, 'seed/dummy_fault_RackA2_Module01_200rows.csv.gz'), {
        ordered: true,
      });
      expect(summary).toMatchObject({ frames: 138_240, rejections: 0, lateFrames: 0 });
    });

    it('of a vehicle are read with its cells', async () => {
      const mapping: Mapping = {
        name: 'vehicle',
        time: { column: 'tboxTime' },
        module: { id: 'pack' },
        channels: { current_a: { column: 'BMSBatteryCurrent', positive: 'discharging' } },
        cell_voltages_v: { columns: 'V_{1..96}' },
      };
      let cells = 0;
      const summary = await openRecording(join(data, 'field/ev-pack-1.zip'), {
        mapping,
        sink: { frame: (frame) => (cells += frame.cellVoltagesV!.length), rejection: () => {} },
      });
      expect(summary.lines).toBe(66_667);
      expect(cells).toBe(96 * summary.frames);
    });
  },
);
