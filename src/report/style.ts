// The one style sheet of the report. Two colours carry meaning, the candidate's blue and the baseline's orange, readable
// for colour-blind people; everything else is ink on paper. Light and dark from one set of variables.
export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--wash:#f5f6f7;--ink:#1b1d21;--quiet:#5c626b;--faint:#80868f;--line:#dfe2e6;
--candidate:#0072b2;--baseline:#d55e00;--trust:#8a5c00;
--mono:ui-monospace,'SF Mono',Menlo,Consolas,'Liberation Mono',monospace}
@media (prefers-color-scheme:dark){:root{--paper:#141518;--wash:#1d1f23;--ink:#e4e6ea;--quiet:#9da3ad;--faint:#7f858f;
--line:#2f3238;--candidate:#56b4e9;--baseline:#e69f00;--trust:#d9a62e}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',
'Liberation Sans',sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main{max-width:60rem;margin:0 auto;padding:32px 24px 80px}
h1{font-size:16px;font-weight:600;margin:0}h2{font-size:17px;margin:44px 0 8px}h3{font-size:15px;margin:24px 0 4px}
p,ul{margin:0 0 8px;max-width:75ch}ul{padding-left:20px}
.decision{font-size:20px;line-height:1.45;font-weight:600;margin:20px 0 16px;max-width:38em}
.quiet,figcaption{color:var(--quiet)}.count{color:var(--quiet);font-weight:400}
.facts{color:var(--quiet);margin:4px 0 0}
.candidate{color:var(--candidate)}.baseline{color:var(--baseline)}
.notice{list-style:none;padding:0;margin:16px 0;max-width:75ch}.notice li{padding-left:24px;text-indent:-24px}
.notice li::before{content:'!';display:inline-block;width:24px;text-indent:0;color:var(--trust);font-weight:700}
.mark{color:var(--trust);font-weight:700}
.forest{margin:16px 0 8px}
.forest .row{display:grid;grid-template-columns:minmax(7rem,11rem) minmax(0,1fr) 10rem;column-gap:16px;align-items:center}
.forest .row.axis{font-size:12px;color:var(--quiet)}.forest .axis .figures{font-size:12px}
.forest .plot{padding:0 12px}.forest svg{display:block;width:100%;overflow:visible}
.forest text{fill:var(--quiet);font-size:12px}
.forest line{stroke:var(--ink);stroke-width:1.75}.forest circle{fill:var(--ink)}
.forest .grid{stroke:var(--line);stroke-width:1}.forest .half{stroke:var(--quiet);stroke-width:1}
.forest .bootstrap{stroke:var(--faint);stroke-width:1;stroke-dasharray:2 2}
.forest .candidate,.forest .baseline{color:inherit}
.candidate line:not(.grid,.half,.bootstrap){stroke:var(--candidate)}.candidate circle{fill:var(--candidate)}
.baseline line:not(.grid,.half,.bootstrap){stroke:var(--baseline)}.baseline circle{fill:var(--baseline)}
.few line:not(.grid,.half,.bootstrap){stroke:var(--faint)}.few circle{fill:var(--paper);stroke:var(--faint);stroke-width:1.75}
.forest .few .figures,.forest .few .figures b{color:var(--quiet);font-weight:400}
.forest .figures{white-space:nowrap}.forest .figures b{margin-right:8px}
.wide{overflow-x:auto;margin:8px 0 16px}
table{border-collapse:collapse;font-size:14px}
caption{text-align:left;color:var(--quiet);padding-bottom:4px}
th,td{text-align:right;padding:4px 12px 4px 0;border-bottom:1px solid var(--line);font-weight:400;vertical-align:top;white-space:nowrap}
thead th{color:var(--quiet)}th:first-child,.left td,.left th{text-align:left}
table .candidate,table .baseline{color:inherit}td>.candidate{color:var(--candidate)}td>.baseline{color:var(--baseline)}
tr.few td{color:var(--quiet)}
abbr{text-decoration:none}
.why{white-space:normal;text-align:left;min-width:18rem}.sample td,.sample th{text-align:left}
details{margin:4px 0}summary{cursor:pointer}
.sample{border-top:1px solid var(--line);margin:0}.sample[open]{padding-bottom:16px}.sample summary{padding:6px 0}
.id{font-family:var(--mono);font-size:13px}.excerpt{margin:0 8px}
.texts{display:grid;grid-template-columns:1fr 1fr;gap:16px}
figure{margin:8px 0;min-width:0}figcaption{font-size:13px}
figcaption.baseline{color:var(--baseline)}figcaption.candidate{color:var(--candidate)}
pre{font:13px/1.5 var(--mono);white-space:pre-wrap;background:var(--wash);padding:12px;margin:4px 0;max-height:24rem;overflow:auto}
code{font:13px/1.5 var(--mono)}
dl{margin:0}.notes dt{font-weight:600;margin-top:12px}.notes dd{margin:0;max-width:75ch}
.pairs{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 16px}.pairs dt{color:var(--quiet)}.pairs dd{margin:0}
@media (max-width:640px){main{padding:20px 16px 64px}.decision{font-size:18px}
.forest .row{grid-template-columns:minmax(0,1fr) max-content;margin-bottom:12px}
.forest .plot{grid-column:1/-1;grid-row:2}.forest .row.axis{margin-bottom:0}.forest .axis .figures{display:none}
.texts{grid-template-columns:1fr}.pairs{grid-template-columns:1fr}.pairs dt{margin-top:8px}}
@media print{details>*{display:block}pre{max-height:none}}
.curve polygon{fill:currentColor;opacity:.12}.curve polyline{fill:none;stroke:currentColor;stroke-width:2}.curve circle{fill:currentColor}
.curve.c1 polyline{stroke-dasharray:8 4}.curve.c2 polyline{stroke-dasharray:2 3}.curve.c3 polyline{stroke-dasharray:14 4}figure svg text{font-size:12px;fill:var(--quiet)}figure svg .grid{stroke:var(--line,#8884);stroke-width:1}figure svg .half{stroke:currentColor;stroke-width:1;opacity:.6}
`.trim();
