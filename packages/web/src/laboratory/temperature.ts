/** Colours of temperatures: ever lighter with heat, so that they are told apart without seeing hues. */

interface Stop {
  readonly degC: number;
  readonly rgb: readonly [number, number, number];
}

/** Closest where cells begin to heat by themselves, wide where nothing can be saved. */
const STOPS: readonly Stop[] = [
  { degC: 10, rgb: [20, 24, 66] },
  { degC: 25, rgb: [34, 38, 100] },
  { degC: 40, rgb: [71, 34, 122] },
  { degC: 60, rgb: [117, 34, 125] },
  { degC: 80, rgb: [160, 42, 112] },
  { degC: 110, rgb: [203, 63, 83] },
  { degC: 140, rgb: [235, 100, 48] },
  { degC: 200, rgb: [251, 146, 22] },
  { degC: 300, rgb: [249, 201, 60] },
  { degC: 500, rgb: [252, 246, 184] },
];

/** Marks of the legend. */
export const SCALE_MARKS_DEG_C = [25, 60, 110, 200, 500] as const;

/** Red, green and blue, 0 to 255. */
export function rgbOfDegC(temperatureDegC: number): [number, number, number] {
  const at = STOPS.findIndex(({ degC }) => degC > temperatureDegC);
  if (at === 0) return [...STOPS[0]!.rgb];
  if (at < 0) return [...STOPS.at(-1)!.rgb];
  const [low, high] = [STOPS[at - 1]!, STOPS[at]!];
  const share = (temperatureDegC - low.degC) / (high.degC - low.degC);
  return low.rgb.map((value, k) => Math.round(value + share * (high.rgb[k]! - value))) as [
    number,
    number,
    number,
  ];
}

export const colourOfDegC = (temperatureDegC: number): string =>
  `rgb(${rgbOfDegC(temperatureDegC).join(' ')})`;

/** Luminance at which black and white are read equally well (WCAG 2.2: a contrast of 4.6 with both). */
const EVEN_LUMINANCE = 0.179;

const linear = (value: number): number => (value / 255) ** 2.2;

/** Black or white, whichever is read on that temperature. */
export function inkOfDegC(temperatureDegC: number): string {
  const [red, green, blue] = rgbOfDegC(temperatureDegC);
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  return luminance > EVEN_LUMINANCE ? '#000000' : '#ffffff';
}

/** Place of a temperature on the legend, 0 to 1: each pair of stops has the same room. */
export function placeOnScale(temperatureDegC: number): number {
  const at = STOPS.findIndex(({ degC }) => degC > temperatureDegC);
  if (at === 0) return 0;
  if (at < 0) return 1;
  const [low, high] = [STOPS[at - 1]!, STOPS[at]!];
  return (at - 1 + (temperatureDegC - low.degC) / (high.degC - low.degC)) / (STOPS.length - 1);
}

/** The temperature at a place of the legend. */
export function degCAtPlace(place: number): number {
  const exact = place * (STOPS.length - 1);
  const at = Math.min(Math.floor(exact), STOPS.length - 2);
  return STOPS[at]!.degC + (exact - at) * (STOPS[at + 1]!.degC - STOPS[at]!.degC);
}
