/** One look for every report: a file that needs nothing else, runs nothing and can be printed. */
import { Html, html } from '../svg/html.ts';
import { STYLE } from './style.ts';

/** The whole document as text; sections that are null are left out. */
export function pageOf(title: string, head: Html, sections: readonly (Html | null)[]): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>${head}</header>
<main>
${sections}</main>
</body>
</html>
`;
  return page.text;
}

export const section = (id: string, title: string, content: Html): Html =>
  html`<section id="${id}"><h2>${title}</h2>
${content}</section>
`;

/** Wide tables scroll by themselves on a small screen. */
export const scrolling = (content: Html): Html => html`<div class="scroll">${content}</div>`;
