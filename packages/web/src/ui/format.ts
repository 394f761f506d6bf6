/** Numbers as an operator reads them. */
const UNIT_TEXT: Readonly<Record<string, string>> = {
  degC: '°C',
  percent: '%',
  kOhm: 'kΩ',
  lpm: 'l/min',
};

const DIGITS: Readonly<Record<string, number>> = {
  degC: 1,
  V: 1,
  A: 1,
  mV: 0,
  ppm: 0,
  percent: 0,
  kOhm: 0,
  lpm: 1,
};

export const unitText = (unit: string): string => UNIT_TEXT[unit] ?? unit;

export function quantity(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return '–';
  const digits = unit === 'V' && Math.abs(value) < 10 ? 3 : (DIGITS[unit] ?? 2);
  // A minus sign as wide as a digit keeps columns still.
  return `${value.toFixed(digits).replace('-', '−')} ${unitText(unit)}`;
}

export function spanText(spanMs: number): string {
  const s = Math.max(0, Math.round(spanMs / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

export const rateText = (rate: number): string =>
  `${rate >= 10 ? Math.round(rate).toLocaleString('en') : Number(rate.toPrecision(2))}×`;
