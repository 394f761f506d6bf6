/** Numbers as a person reads them. */

/** `12 %`, `0.31 %`, `less than 0.01 %`. */
export function percent(share: number): string {
  if (share > 0 && share < 0.0001) return 'less than 0.01 %';
  return `${Number((100 * share).toPrecision(share < 0.1 ? 2 : 3))} %`;
}

/** Four digits; – for what is not there. */
export function stat(value: number | null): string {
  if (value === null || Number.isNaN(value)) return '–';
  const text = String(Number(value.toPrecision(4)));
  return text.replace('-', '−');
}

/** °C for degC and the like. */
export const unitText = (unit: string): string =>
  ({ degC: '°C', percent: '%', kOhm: 'kΩ', lpm: 'l/min' })[unit] ?? unit;
