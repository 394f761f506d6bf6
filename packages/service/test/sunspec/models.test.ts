import { describe, expect, it } from 'vitest';
import { MODEL_IDS, modelOf } from '../../src/protocols/sunspec/models.ts';

/** Read off sunspec/models (json/model_80x.json, sizes added up by hand; 802 also smdx_00802.xml). */
const OFFSETS: Record<string, number> = {
  '802.SoC': 9,
  '802.NCyc': 12,
  '802.ChaSt': 14,
  '802.Hb': 16,
  '802.State': 20,
  '802.WarrDt': 22,
  '802.Evt1': 24,
  '802.V': 32,
  '802.CellVMax': 35,
  '802.A': 42,
  '802.SetInvState': 49,
  '802.AHRtg_SF': 50,
  '802.W_SF': 61,
  '803.ModTmpMax': 2,
  '803.StrAAvg': 18,
  '803.NCellBal': 19,
  '803.CellV_SF': 20,
  '803.V_SF': 25,
  '804.St': 2,
  '804.ConFail': 4,
  '804.NCyc': 8,
  '804.A': 11,
  '804.ModTmpAvg': 22,
  '804.Evt1': 26,
  '804.SetEna': 34,
  '804.SoC_SF': 36,
  '804.ModTmp_SF': 42,
  '805.NCyc': 6,
  '805.V': 8,
  '805.CellTmpAvg': 18,
  '805.SN': 20,
  '805.SoC_SF': 36,
  '805.Tmp_SF': 41,
};

describe('table of points', () => {
  it('points stand where the source has them', () => {
    const found = Object.keys(OFFSETS).map((key) => {
      const [id, name] = key.split('.');
      return [key, modelOf(Number(id))?.fixed.byName.get(name!)?.offset];
    });
    expect(Object.fromEntries(found)).toEqual(OFFSETS);
  });

  it('models are as long as the source says', () => {
    const sizes = MODEL_IDS.map((id) => [id, modelOf(id)!.fixed.size, modelOf(id)!.repeat?.size]);
    expect(sizes).toEqual([
      [802, 62, undefined],
      [803, 26, 32],
      [804, 46, 16],
      [805, 42, 4],
    ]);
  });

  it('every scale factor that a point names is a point of the fixed part', () => {
    for (const id of MODEL_IDS) {
      const { fixed, repeat } = modelOf(id)!;
      for (const { name, scaleFactor } of [...fixed.points, ...(repeat?.points ?? [])])
        if (scaleFactor !== null) expect(fixed.byName.get(scaleFactor)?.type, `${id}.${name}`).toBe('sf');
    }
  });
});
