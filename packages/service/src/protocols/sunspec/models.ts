/**
 * SunSpec models 802 to 805 as a table of points: names, types, order, scale factors, what is mandatory. Written
 * from github.com/sunspec/models, commit 7abdf89 (json/model_802.json to model_805.json), oddities included:
 * 803.ModTmpAvg has no scale factor there, and 804.ModCellVMinCell, an index, has one.
 *
 * Each word is `name:type`, then `*SF` where a scale factor belongs to it, then `!` where the point is mandatory.
 */

/** Types of points that these models use; all of one or two registers, but for the text. */
export const POINT_SIZES = { u16: 1, i16: 1, e16: 1, sf: 1, pad: 1, u32: 2, b32: 2, text: 16 } as const;
export type PointType = keyof typeof POINT_SIZES;

export interface Point {
  readonly name: string;
  readonly type: PointType;
  readonly scaleFactor: string | null;
  readonly isMandatory: boolean;
  /** Registers from the beginning of the block; that of a model comes after its id and length. */
  readonly offset: number;
}

export interface Block {
  readonly points: readonly Point[];
  readonly byName: ReadonlyMap<string, Point>;
  /** Registers. */
  readonly size: number;
}

export const MODEL_IDS = [802, 803, 804, 805] as const;
export type ModelId = (typeof MODEL_IDS)[number];

export interface Model {
  readonly id: ModelId;
  readonly label: string;
  readonly fixed: Block;
  /** What repeats behind it, and the point that says how often. */
  readonly repeat: (Block & { readonly count: string }) | null;
}

const WORD = /^(\w+):(u16|i16|e16|sf|pad|u32|b32|text)(?:\*(\w+))?(!?)$/;

function block(words: string): Block {
  const points: Point[] = [];
  let offset = 0;
  for (const word of words.trim().split(/\s+/)) {
    const match = WORD.exec(word);
    if (!match) throw new Error(`table of SunSpec points: "${word}"`);
    const [, name, type, scaleFactor, mandatory] = match as unknown as [
      string,
      string,
      PointType,
      string,
      string,
    ];
    points.push({ name, type, scaleFactor: scaleFactor ?? null, isMandatory: mandatory === '!', offset });
    offset += POINT_SIZES[type];
  }
  return { points, byName: new Map(points.map((point) => [point.name, point])), size: offset };
}

const BATTERY: Model = {
  id: 802,
  label: 'battery',
  fixed: block(`
    AHRtg:u16*AHRtg_SF! WHRtg:u16*WHRtg_SF! WChaRteMax:u16*WChaDisChaMax_SF! WDisChaRteMax:u16*WChaDisChaMax_SF!
    DisChaRte:u16*DisChaRte_SF SoCMax:u16*SoC_SF SoCMin:u16*SoC_SF SoCRsvMax:u16*SoC_SF SoCRsvMin:u16*SoC_SF
    SoC:u16*SoC_SF! DoD:u16*DoD_SF SoH:u16*SoH_SF NCyc:u32 ChaSt:e16 LocRemCtl:e16! Hb:u16 CtrlHb:u16 AlmRst:u16!
    Typ:e16! State:e16! StateVnd:e16 WarrDt:u32 Evt1:b32! Evt2:b32! EvtVnd1:b32! EvtVnd2:b32!
    V:u16*V_SF! VMax:u16*V_SF VMin:u16*V_SF
    CellVMax:u16*CellV_SF CellVMaxStr:u16 CellVMaxMod:u16 CellVMin:u16*CellV_SF CellVMinStr:u16 CellVMinMod:u16
    CellVAvg:u16*CellV_SF
    A:i16*A_SF! AChaMax:u16*AMax_SF ADisChaMax:u16*AMax_SF W:i16*W_SF! ReqInvState:e16 ReqW:i16*W_SF
    SetOp:e16! SetInvState:e16!
    AHRtg_SF:sf! WHRtg_SF:sf! WChaDisChaMax_SF:sf! DisChaRte_SF:sf SoC_SF:sf! DoD_SF:sf SoH_SF:sf V_SF:sf!
    CellV_SF:sf! A_SF:sf! AMax_SF:sf! W_SF:sf`),
  repeat: null,
};

const BANK: Model = {
  id: 803,
  label: 'lithium-ion bank',
  fixed: block(`
    NStr:u16! NStrCon:u16!
    ModTmpMax:i16*ModTmp_SF! ModTmpMaxStr:u16 ModTmpMaxMod:u16 ModTmpMin:i16*ModTmp_SF! ModTmpMinStr:u16
    ModTmpMinMod:u16 ModTmpAvg:i16
    StrVMax:u16*V_SF StrVMaxStr:u16 StrVMin:u16*V_SF StrVMinStr:u16 StrVAvg:u16*V_SF
    StrAMax:i16*A_SF StrAMaxStr:u16 StrAMin:i16*A_SF StrAMinStr:u16 StrAAvg:i16*A_SF
    NCellBal:u16 CellV_SF:sf! ModTmp_SF:sf! A_SF:sf! SoH_SF:sf SoC_SF:sf! V_SF:sf`),
  repeat: {
    count: 'NStr',
    ...block(`
      StrNMod:u16! StrSt:b32! StrConFail:e16 StrSoC:u16*SoC_SF! StrSoH:u16*SoH_SF StrA:i16*A_SF!
      StrCellVMax:u16*CellV_SF! StrCellVMaxMod:u16 StrCellVMin:u16*CellV_SF! StrCellVMinMod:u16
      StrCellVAvg:u16*CellV_SF!
      StrModTmpMax:i16*ModTmp_SF! StrModTmpMaxMod:u16 StrModTmpMin:i16*ModTmp_SF! StrModTmpMinMod:u16
      StrModTmpAvg:i16*ModTmp_SF!
      StrDisRsn:e16 StrConSt:b32 StrEvt1:b32! StrEvt2:b32 StrEvtVnd1:b32 StrEvtVnd2:b32 StrSetEna:e16 StrSetCon:e16
      Pad1:pad! Pad2:pad!`),
  },
};

const STRING: Model = {
  id: 804,
  label: 'lithium-ion string',
  fixed: block(`
    Idx:u16! NMod:u16! St:b32! ConFail:e16 NCellBal:u16 SoC:u16*SoC_SF! DoD:u16*DoD_SF NCyc:u32 SoH:u16*SoH_SF
    A:i16*A_SF! V:u16*V_SF
    CellVMax:u16*CellV_SF! CellVMaxMod:u16 CellVMin:u16*CellV_SF! CellVMinMod:u16 CellVAvg:u16*CellV_SF!
    ModTmpMax:i16*ModTmp_SF! ModTmpMaxMod:u16! ModTmpMin:i16*ModTmp_SF! ModTmpMinMod:u16! ModTmpAvg:i16*ModTmp_SF!
    Pad1:pad! ConSt:b32 Evt1:b32! Evt2:b32 EvtVnd1:b32 EvtVnd2:b32 SetEna:e16 SetCon:e16
    SoC_SF:sf! SoH_SF:sf DoD_SF:sf A_SF:sf! V_SF:sf CellV_SF:sf! ModTmp_SF:sf! Pad2:pad! Pad3:pad! Pad4:pad!`),
  repeat: {
    // The source leaves the count to the length of the model; NMod is what a device means by it.
    count: 'NMod',
    ...block(`
      ModNCell:u16! ModSoC:u16*SoC_SF ModSoH:u16*SoH_SF
      ModCellVMax:u16*CellV_SF! ModCellVMaxCell:u16 ModCellVMin:u16*CellV_SF! ModCellVMinCell:u16*CellV_SF
      ModCellVAvg:u16*CellV_SF!
      ModCellTmpMax:i16*ModTmp_SF! ModCellTmpMaxCell:u16 ModCellTmpMin:i16*ModTmp_SF! ModCellTmpMinCell:u16
      ModCellTmpAvg:i16*ModTmp_SF! Pad5:pad! Pad6:pad! Pad7:pad!`),
  },
};

const MODULE: Model = {
  id: 805,
  label: 'lithium-ion module',
  fixed: block(`
    StrIdx:u16! ModIdx:u16! NCell:u16! SoC:u16*SoC_SF DoD:u16*DoD_SF SoH:u16*SoH_SF NCyc:u32 V:u16*V_SF!
    CellVMax:u16*CellV_SF! CellVMaxCell:u16 CellVMin:u16*CellV_SF! CellVMinCell:u16 CellVAvg:u16*CellV_SF!
    CellTmpMax:i16*Tmp_SF! CellTmpMaxCell:u16 CellTmpMin:i16*Tmp_SF! CellTmpMinCell:u16 CellTmpAvg:i16*Tmp_SF!
    NCellBal:u16 SN:text SoC_SF:sf SoH_SF:sf DoD_SF:sf V_SF:sf! CellV_SF:sf! Tmp_SF:sf!`),
  repeat: { count: 'NCell', ...block('CellV:u16*CellV_SF! CellTmp:i16*Tmp_SF! CellSt:b32') },
};

const MODELS: ReadonlyMap<number, Model> = new Map(
  [BATTERY, BANK, STRING, MODULE].map((model) => [model.id, model]),
);

/** Undefined for a model that says nothing of modules. */
export const modelOf = (id: number): Model | undefined => MODELS.get(id);
