/** Text into HTML: everything that is not marked as HTML is escaped. */

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Html | null | undefined | readonly Content[];

/** Control characters and those that reverse the direction of writing: names come from files. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is there to remove
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export const printable = (text: string): string => text.replace(UNPRINTABLE, '\ufffd');

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => printable(text).replace(/[&<>"']/g, (char) => ENTITIES[char]!);

function textOf(content: Content): string {
  if (content === null || content === undefined) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'string') return escapeHtml(content);
  if (typeof content === 'number') return String(content);
  return content.map(textOf).join('');
}

/** A template whose values are escaped unless they are `Html` themselves. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  let text = strings[0]!;
  values.forEach((value, i) => {
    text += textOf(value) + strings[i + 1]!;
  });
  return new Html(text);
}

export interface Column {
  readonly head: string;
  readonly isNumber?: boolean;
  /** On paper a link leads nowhere. */
  readonly isOnScreen?: boolean;
}

/** A table of the first `limit` rows, and how many more there were. */
export function table(
  columns: readonly (string | Column)[],
  rows: readonly (readonly Content[])[],
  limit = 200,
): Html {
  const heads = columns.map((column) => (typeof column === 'string' ? { head: column } : column));
  const classOf = (i: number): Html => {
    const names = [heads[i]?.isNumber ? 'number' : '', heads[i]?.isOnScreen ? 'onscreen' : ''].filter(
      Boolean,
    );
    return names.length > 0 ? html` class="${names.join(' ')}"` : html``;
  };
  const more = rows.length - limit;
  return html`<table><thead><tr>${heads.map(({ head }, i) => html`<th scope="col"${classOf(i)}>${head}</th>`)}</tr></thead>
<tbody>${rows
    .slice(0, limit)
    .map(
      (cells) => html`<tr>${cells.map((cell, i) => html`<td${classOf(i)}>${cell}</td>`)}</tr>\n`,
    )}</tbody></table>
${more > 0 ? html`<p class="more">… and ${withThousands(more)} more.</p>` : null}`;
}

const MAX_UNBROKEN_CHARS = 24;

/** Of a module or channel: stays on one line where it is short. */
export const name = (text: string): Html =>
  text.length <= MAX_UNBROKEN_CHARS ? html`<span class="name">${text}</span>` : html`${text}`;

/** 12345 → 12,345, whatever the locale of the machine. */
export const withThousands = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
