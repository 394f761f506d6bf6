import type { CellType } from './cell-type.ts';
import { lfp280 } from './lfp280.ts';

/** A small prismatic LFP cell of 22 Ah, as in the heating tests of Zeng et al.; the chemistry is that of the large one. */
export const lfp22: CellType = {
  ...lfp280,
  id: 'lfp-22ah',
  source: 'Mass 628 g and 22 Ah: Zeng et al. 2026, Table 2; gas composition as lfp-280ah',
  assumed:
    'Volume from a density of 2100 kg/m³; resistances, separator and vent scaled from lfp-280ah by capacity; gas as lfp-280ah.',
  capacityAh: 22,
  massKg: 0.628,
  volumeM3: 0.628 / 2100,
  resistanceOhm: lfp280.resistanceOhm.map(([share, ohm]): [number, number] => [share, (ohm * 280) / 22]),
  relaxationOhm: (lfp280.relaxationOhm * 280) / 22,
  separator: { ...lfp280.separator, resistanceOhm: (lfp280.separator.resistanceOhm * 280) / 22 },
  vent: { openingAtm: 4.3, headspaceM3: 1.2e-5, solventKg: 0.03 },
};
