/** Looks of the report on screen, in the dark and on paper. */
import { DARK_PAINT, LEVEL_PAINT } from '../svg/paint.ts';

const levelRules = Object.entries(LEVEL_PAINT)
  .map(([level, { fill, edge }]) => `.${level} path{fill:${fill};stroke:${edge}}`)
  .join('');

const darkRules = Object.entries(DARK_PAINT)
  .map(([light, dark]) => `svg [fill="${light}"]{fill:${dark}}svg [stroke="${light}"]{stroke:${dark}}`)
  .join('');

export const STYLE = `
:root{--ink:#1d252b;--muted:#5b6770;--line:#dce1e5;--paper:#fff;--sunken:#f5f6f8;--link:#1f5fae}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:62rem;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem;padding-top:.6rem;border-top:2px solid var(--ink)}
h3{font-size:1rem;margin:0 0 .25rem}
a{color:var(--link)}
.verdict{font-size:1.2rem;font-weight:600;margin:.6rem 0;max-width:52rem}
.advice{border:1px solid var(--ink);padding:.4rem .7rem;display:inline-block;margin:.2rem 0 .8rem}
.muted,.more,figcaption,.rule{color:var(--muted)}
figcaption,table{font-size:.85em}
p .rule,li .rule{font-size:.92em}
.rule{white-space:nowrap}
.name{white-space:nowrap}
.level{white-space:nowrap;font-weight:600}
.level svg{vertical-align:-2px}
.level path{stroke-width:1.2}
${levelRules}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.5rem 0}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.4rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid var(--line);overflow-wrap:break-word}
td{min-width:3rem;max-width:24rem}
thead th{border-bottom:1.5px solid var(--ink)}
.number{text-align:right;font-variant-numeric:tabular-nums}
figure ul{margin:0;padding-left:1.1em}
td ul{margin:0;padding:0;list-style:none}
td li+li{margin-top:.25em}
code{font:.95em ui-monospace,monospace;overflow-wrap:anywhere}
figure{margin:1.2rem 0 1.8rem}
figure p{margin:.2rem 0}
figure svg[role]{display:block;width:100%;height:auto;margin:.4rem 0}
@media screen and (max-width:46rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}table{min-width:46rem}}
@media screen and (prefers-color-scheme:dark){
:root{--ink:#dfe5e9;--muted:#9aa7b1;--line:#2f383f;--paper:#14191d;--sunken:#1b2126;--link:#7db8ff}
${darkRules}
svg text[stroke]{stroke:var(--paper)}
}
@page{size:A4;margin:14mm 12mm}
@media print{
table{font-size:8pt}
th,td{padding:.2rem .35rem}
td,th{min-width:0}
.onscreen{display:none}
body{padding:0;max-width:none;font-size:10pt}
figure,tr,.verdict,dl{break-inside:avoid}
h2,h3{break-after:avoid}
figure svg[role]{max-height:235mm}
thead{display:table-header-group}
a{color:inherit;text-decoration:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.scroll{overflow:visible}
}
`;
