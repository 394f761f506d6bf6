/** Style of the printed pages: a file of its own, because the pages may hold none (Content-Security-Policy). */
export const evidenceCss = `@page { size: A4; margin: 10mm 12mm; }
* { box-sizing: border-box; margin: 0; padding: 0; }
:root { --ink: #14191d; --muted: #56616a; --line: #c9d0d5; --faint: #eef1f3;
  --advisory: #8a6a00; --warning: #b45309; --critical: #a50e30; --normal: #2f6b54; --unknown: #56616a; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { color: var(--ink); background: #fff; max-width: 190mm; margin: 8mm auto; padding: 0 2mm;
  font: 10pt/1.4 "Helvetica Neue", Arial, "Liberation Sans", "Noto Sans", "DejaVu Sans Condensed", sans-serif; font-variant-numeric: tabular-nums;
  overflow-wrap: break-word; }
dd, td, .where, .silent, .rack-line, .alarms li { overflow-wrap: anywhere; }
.one-line, th { white-space: nowrap; overflow-wrap: normal; }
@media print { body { margin: 0; max-width: none; padding: 0; } }
h1 { font-size: 17pt; line-height: 1.15; }
h2 { font-size: 11pt; margin: 5mm 0 1.5mm; padding-bottom: .6mm; border-bottom: .3mm solid var(--ink); break-after: avoid; }
h3 { font-size: 9.5pt; margin: 3mm 0 1mm; break-after: avoid; }
ul, ol { list-style: none; }
.kicker { font-size: 8.5pt; letter-spacing: .04em; text-transform: uppercase; color: var(--muted); }
.address, .note, .legend, footer { color: var(--muted); font-size: 8.5pt; }
.note { margin: 1mm 0; }
code { font: 8pt/1.4 "DejaVu Sans Mono", "Liberation Mono", monospace; }
.mark { vertical-align: -.14em; }
svg.mark { width: 1em; height: 1em; flex: none; }
.mark.advisory { color: var(--advisory); } .mark.warning { color: var(--warning); }
.mark.critical { color: var(--critical); } .mark.normal { color: var(--normal); } .mark.unknown { color: var(--unknown); }
.level { font-weight: 600; white-space: nowrap; }
.level.normal, .level.unknown { font-weight: 400; }

.headline { margin: 3mm 0 1mm; padding: 2mm 3mm; border: .3mm solid var(--line); border-left: 2mm solid var(--muted); }
.headline.advisory { border-left-color: var(--advisory); } .headline.warning { border-left-color: var(--warning); }
.headline.critical { border-left-color: var(--critical); }
.verdict { font-size: 14pt; font-weight: 600; display: flex; gap: 4mm; align-items: baseline; flex-wrap: wrap; }
.verdict .level { text-transform: uppercase; letter-spacing: .02em; }
.verdict small { font-weight: 400; font-size: 10pt; color: var(--muted); }
dl.two { columns: 2; column-gap: 8mm; }
dl > div { display: grid; grid-template-columns: 32mm 1fr; gap: 2mm; padding: .5mm 0; break-inside: avoid; border-bottom: .1mm solid var(--faint); }
dt { color: var(--muted); }
.reasons li { padding: .6mm 0 .6mm 4mm; text-indent: -3mm; } .reasons li::before { content: "– "; }
small { font-size: 8.5pt; color: var(--muted); }
table { width: 100%; border-collapse: collapse; margin: 1.5mm 0; font-size: 8.5pt; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: .7mm 2mm .7mm 0; border-bottom: .15mm solid var(--line); }
th { color: var(--muted); font-weight: 600; }

.signals { break-before: page; }
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 1mm 2mm; }
.charts svg { display: block; width: 100%; break-inside: avoid; } .charts .wide { grid-column: 1 / -1; }
.chart text { font-size: 10px; fill: var(--ink); } .chart .title { font-weight: 600; font-size: 11px; }
.chart .tick { fill: var(--muted); } .chart .end { text-anchor: end; } .chart .middle { text-anchor: middle; }
.chart path, .chart line { fill: none; stroke-width: 1.3; stroke-linejoin: round; }
.chart .mark path { stroke: none; fill: currentColor; }
.chart .grid { stroke: #e3e7ea; stroke-width: .7; }
.chart .line-1 { stroke: #a50e30; } .chart .line-2 { stroke: #1f5fa8; stroke-dasharray: 5 2; }
.chart .line-3 { stroke: #2f6b54; stroke-dasharray: 1.5 2; } .chart .line-4 { stroke: #9aa5ad; stroke-width: 4; }
.chart .neighbour { stroke: #aab3ba; stroke-width: .8; }
.chart .band { stroke: none; fill: #a50e30; fill-opacity: .16; } .chart .band.line-4 { fill: #7d8a94; fill-opacity: .3; }
.chart .band.line-2 { fill: #1f5fa8; } .chart .band.line-3 { fill: #2f6b54; }
.chart .limit { stroke-width: 1; stroke-dasharray: 6 3; }
.limit.advisory, .change.advisory { stroke: var(--advisory); } .limit.warning, .change.warning { stroke: var(--warning); }
.limit.critical, .change.critical { stroke: var(--critical); } .change.normal { stroke: var(--normal); }
.change.unknown { stroke: var(--unknown); }
.chart .change { stroke-width: .9; }

.responder { font-size: 9.5pt; line-height: 1.25; }
.responder .title { display: flex; justify-content: space-between; gap: 6mm; }
.printed { text-align: right; font-size: 8.5pt; white-space: nowrap; } .clock { font-size: 16pt; font-weight: 700; line-height: 1.1; }
.state { margin-top: 1.5mm; padding: 1.2mm 3mm; font-size: 14pt; border: .5mm solid var(--ink); }
.state .extent { font-size: 10pt; margin-left: 3mm; } .state .level { text-transform: uppercase; font-weight: 700; }
.state.critical { border-color: var(--critical); background: #fbe9ed; } .state.warning { border-color: var(--warning); background: #fdf1e3; }
.state.advisory { border-color: var(--advisory); background: #fdf8e3; } .state.unknown { border-style: dashed; background: var(--faint); }
.broken { margin-top: 1mm; padding: 1mm 3mm; border: .5mm dashed var(--critical); }
.keep-shut { display: flex; gap: 5mm; align-items: center; margin-top: 2mm; padding: 1.8mm 3mm; border: .9mm solid var(--ink); }
.shout { font-size: 17pt; font-weight: 800; line-height: 1; text-align: center; max-width: 34mm; }
.responder h2 { font-size: 9.5pt; margin: 2.5mm 0 1mm; }
.alarms li { padding: .35mm 0; border-bottom: .1mm solid var(--line); } .alarms .time { font-weight: 600; }
.silent { margin-top: 1.5mm; padding: 1mm 2mm; border: .3mm dashed var(--ink); }
.racks { display: grid; grid-template-columns: repeat(4, 1fr); gap: 2mm; }
.rack { border: .3mm solid var(--line); padding: 1mm; break-inside: avoid; min-width: 0; }
.rack h3 { margin: 0 0 .6mm; font-size: 9pt; }
.rack.critical { border: .6mm solid var(--critical); } .rack.warning { border: .6mm solid var(--warning); }
.rack.advisory { border: .5mm solid var(--advisory); } .rack.unknown { border-style: dashed; border-color: var(--muted); }
.rack ul { display: grid; grid-template-columns: 1fr 1fr; gap: .4mm 1mm; }
.rack li { display: flex; align-items: baseline; gap: .8mm; padding: .45mm .6mm; white-space: nowrap; overflow: hidden; background: var(--faint); }
.rack li .mark { align-self: center; } .rack li .name { min-width: 2.4mm; color: var(--muted); font-size: 7.5pt; overflow: hidden; text-overflow: ellipsis; }
.rack li b { font-size: 10pt; } .rack li small { font-size: 7pt; margin-left: auto; }
.rack li.critical { background: #f7d3db; } .rack li.warning { background: #fbe0c2; } .rack li.advisory { background: #fbf0bf; }
.rack li.old b { font-style: italic; font-weight: 400; }
.gas { font-size: 8pt; margin-top: .8mm; white-space: nowrap; overflow: hidden; }
.legend { margin-top: 1mm; } .legend span { margin-right: 2mm; }
.rack-lines { font-size: 9pt; margin-bottom: 1.5mm; }
.calm-racks { columns: 6; column-gap: 3mm; font-size: 8pt; line-height: 1.25; }
.rack-line { break-inside: avoid; padding: .25mm .8mm; border-bottom: .1mm solid var(--faint); }
.rack-line .hot { font-weight: 600; } .rack-line.unknown { border-bottom: .2mm dashed var(--muted); }
.rack-line.critical { background: #f7d3db; } .rack-line.warning { background: #fbe0c2; } .rack-line.advisory { background: #fbf0bf; }
.people li { padding: .2mm 0; }
.people { font-size: 9pt; line-height: 1.25; display: grid; grid-template-columns: 1fr 1fr; gap: 6mm; break-inside: avoid; }
footer { margin-top: 2mm; border-top: .2mm solid var(--line); padding-top: .8mm; }
`;
