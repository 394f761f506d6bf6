/** Text into HTML and SVG: everything that is not marked as such is escaped. */

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Html | null | undefined | readonly Content[];

/** Control characters and those that turn the direction of writing: names and comments come from outside. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is there to remove
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string =>
  text.replace(UNPRINTABLE, '\ufffd').replace(/[&<>"']/g, (char) => ENTITIES[char]!);

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

/** A whole page: no script, no style in it, nothing from elsewhere. */
export const pageOf = (title: string, bodyClass: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${EVIDENCE_CSS_PATH}">
</head>
<body class="${bodyClass}">
${body}
</body>
</html>
`.text;

/** Where the pages look for `evidenceCss`. */
export const EVIDENCE_CSS_PATH = '/evidence.css';
