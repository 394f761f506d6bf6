/** Tables for a terminal and for a document. */
import { cpus, totalmem } from 'node:os';

export type TableStyle = 'terminal' | 'markdown';

/** The first column is text, the others are numbers and stand to the right. */
export function tableText(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: TableStyle,
): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const pad = (text: string, i: number): string =>
    i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!);
  const line = (cells: readonly string[]): string => {
    const padded = cells.map(pad);
    return style === 'markdown' ? `| ${padded.join(' | ')} |` : padded.join('  ').trimEnd();
  };
  const dashes = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const rule = style === 'markdown' ? [`| ${dashes.join(' | ')} |`] : [];
  return [line(header), ...rule, ...rows.map(line)].join('\n');
}

/** Three digits that mean something, thousands apart. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, ' ');
}

export function machineLine(): string {
  const processors = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `${processors[0]?.model.trim()}, ${processors.length} cores, ${memoryGb} GB, ${process.platform} ${process.arch}, Node ${process.version}`;
}
