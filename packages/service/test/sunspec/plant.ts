/** A small plant in SunSpec, and the encoder that puts it into registers. Written apart from the decoder. */
import { copyOfFrame, type Frame, RecordDecoder } from '@emberwatch/engine/telemetry';
import { type Delivery, type IngestResult, NOTHING_DELIVERED } from '../../src/monitor/intake.ts';
import { type Block, modelOf } from '../../src/protocols/sunspec/models.ts';

export type RawPoints = Readonly<Record<string, number | string>>;

export interface RawModel {
  readonly id: number;
  readonly points: RawPoints;
  readonly repeats?: readonly RawPoints[];
}

/** Points that are not named are written as not implemented. */
const ABSENT = {
  u16: 0xffff,
  i16: 0x8000,
  e16: 0xffff,
  sf: 0x8000,
  pad: 0x8000,
  u32: 0xffffffff,
  b32: 0xffffffff,
};

function wordsOfBlock(block: Block, points: RawPoints): number[] {
  return block.points.flatMap(({ name, type }) => {
    const value = points[name];
    if (type === 'text') {
      const bytes = Buffer.alloc(32);
      bytes.write(String(value ?? ''));
      return Array.from({ length: 16 }, (_, i) => bytes.readUInt16BE(2 * i));
    }
    const raw = Number(value ?? ABSENT[type]);
    return type === 'u32' || type === 'b32' ? [Math.floor(raw / 0x10000), raw % 0x10000] : [raw & 0xffff];
  });
}

export function wordsOf({ id, points, repeats = [] }: RawModel): number[] {
  const model = modelOf(id)!;
  const words = [
    ...wordsOfBlock(model.fixed, points),
    ...repeats.flatMap((part) => wordsOfBlock(model.repeat!, part)),
  ];
  return [id, words.length, ...words];
}

/** `SunS`, a model 1 that nobody asks for, the models, the end. */
export function chainOf(models: readonly RawModel[]): number[] {
  const identity = [1, 66, ...Array.from({ length: 66 }, (_, i) => 0x4100 + i)];
  return [0x5375, 0x6e53, ...identity, ...models.flatMap(wordsOf), 0xffff, 0];
}

export const battery = (points: RawPoints = {}): RawModel => ({
  id: 802,
  points: {
    ...{
      AHRtg: 280,
      AHRtg_SF: 0,
      SoC: 550,
      SoC_SF: -1,
      ChaSt: 3,
      LocRemCtl: 0,
      Hb: 1,
      Typ: 4,
      State: 3,
      Evt1: 0,
    },
    ...{ V: 7680, V_SF: -1, A: 1000, A_SF: -1, W: 76, W_SF: 3, CellV_SF: -3 },
    ...points,
  },
});

const STRING_POINTS: RawPoints = {
  ...{ St: 3, ConFail: 0, SoC: 55, SoC_SF: 0, A: 512, A_SF: -1, V: 7680, V_SF: -1, Evt1: 0 },
  ...{ CellVMax: 3345, CellVMin: 3330, CellVAvg: 3340, CellV_SF: -3 },
  ...{ ModTmpMax: 287, ModTmpMin: 241, ModTmpAvg: 262, ModTmp_SF: -1 },
};

const MODULE_IN_STRING: RawPoints = {
  ...{ ModNCell: 4, ModSoC: 55, ModCellVMax: 3345, ModCellVMin: 3330, ModCellVAvg: 3340 },
  ...{ ModCellTmpMax: 287, ModCellTmpMin: 241, ModCellTmpAvg: 262 },
};

export const stringOf = (
  index: number,
  modules: readonly RawPoints[] = [],
  points: RawPoints = {},
): RawModel => ({
  id: 804,
  points: { ...STRING_POINTS, Idx: index, NMod: modules.length, ...points },
  repeats: modules.map((module) => ({ ...MODULE_IN_STRING, ...module })),
});

export const moduleOf = (
  string: number,
  module: number,
  points: RawPoints = {},
  cells: readonly RawPoints[] = [3331, 3345, 3340, 3330].map((CellV, i) => ({
    CellV,
    CellTmp: 250 + 10 * i,
    CellSt: 0,
  })),
): RawModel => ({
  id: 805,
  points: {
    ...{ StrIdx: string, ModIdx: module, NCell: cells.length, SoC: 551, SoC_SF: -1, V: 5120, V_SF: -2 },
    ...{ CellVMax: 3345, CellVMin: 3330, CellVAvg: 3337, CellV_SF: -3, SN: `SN-${string}-${module}` },
    ...{ CellTmpMax: 280, CellTmpMin: 250, CellTmpAvg: 265, Tmp_SF: -1 },
    ...points,
  },
  repeats: cells,
});

export const DELIVERY: Delivery = { gatewayId: 'bms-1', door: 'sunspec', sequence: null, modules: null };
export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** Takes records as the service does, through the one decoder, and keeps what came. */
export class FakeIntake {
  readonly records: Readonly<Record<string, unknown>>[] = [];
  readonly deliveries: Delivery[] = [];
  readonly frames: Frame[] = [];
  readonly rejections: string[] = [];
  readonly gateways: string[] = [];
  failWith: Error | null = null;
  private readonly decoder = new RecordDecoder(null, {
    frame: (frame) => this.frames.push(copyOfFrame(frame)),
    rejection: ({ reason, column }) => this.rejections.push(`${reason} ${column}`),
  });

  takeRecords = async (
    delivery: Delivery,
    records: readonly Readonly<Record<string, unknown>>[],
  ): Promise<IngestResult> => {
    if (this.failWith) throw this.failWith;
    this.deliveries.push(delivery);
    for (const record of records) {
      this.records.push(record);
      this.decoder.decode(record, this.records.length);
    }
    const { length: accepted } = records;
    return { ...NOTHING_DELIVERED, accepted };
  };

  /** A leap of the clock waits for the next row of its module. */
  finish(): void {
    this.decoder.finish();
  }

  gatewayBorn = (gatewayId: string): void => {
    this.gateways.push(`born ${gatewayId}`);
  };

  gatewayDied = (gatewayId: string, _modules: readonly string[] | null, why: string): void => {
    this.gateways.push(`died ${gatewayId}: ${why}`);
  };
}
