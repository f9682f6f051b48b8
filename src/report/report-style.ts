/** What a report needs beside the style of every page. */
export const reportStyle = `
:root { --s0: light-dark(#0072b2, #56b4e9); --s1: light-dark(#c44e00, #ff9a56); --s2: light-dark(#007a58, #2fc99b);
  --s3: light-dark(#a3457c, #e69fc4); --s4: light-dark(#9a6b00, #f0c04a); --s5: light-dark(#444c56, #c5ccd5); }
.report { max-width: 1000px; margin: 0 auto; padding: 16px 24px; } .report h1 { font-size: 24px; margin: 8px 0 0; } .report h2 { font-size: 17px; margin: 26px 0 8px; }
.report p { max-width: 70ch; } .remark { border-left: 3px solid var(--changed); padding-left: 10px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; margin: 4px 0 10px; } th, td { text-align: left; padding: 3px 12px 3px 0; border-bottom: 1px solid color-mix(in srgb, var(--line) 45%, transparent); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 600; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } .pairs th { white-space: nowrap; }
pre { background: var(--card); border: 1px solid color-mix(in srgb, var(--line) 45%, transparent); border-radius: 6px; padding: 10px 12px; overflow-x: auto; font: 12px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
details > summary { cursor: pointer; color: var(--accent); }
.chart { width: 100%; max-width: 760px; height: auto; background: var(--card); border: 1px solid color-mix(in srgb, var(--line) 45%, transparent); border-radius: 6px; display: block; }
.chart .grid { stroke: var(--line); stroke-opacity: 0.3; } .chart .tick { fill: var(--faint); font-size: 11px; } .chart .axis { fill: var(--ink); font-size: 12px; }
.line { fill: none; stroke-width: 2; } .pale { opacity: 0.55; } .keys { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 4px 0 0; font-size: 12px; } .keys span { display: inline-flex; align-items: center; gap: 4px; }
${[0, 1, 2, 3, 4, 5].map((at) => `.fill-${at} { fill: var(--s${at}); } .stroke-${at} { stroke: var(--s${at}); }`).join("\n")}
.strip-chart .kept { fill: var(--accent); } .strip-chart .unknown { fill: var(--line); } .strip-chart .gone { fill: var(--removed); }
.graph-title { max-width: 1000px; margin: 26px auto 0; padding: 0 24px; } #viewer.embedded { height: 85vh; min-height: 420px; margin: 8px 24px 24px; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
@media print { .report { max-width: none; padding: 0; } section { break-inside: avoid-page; } details::details-content { content-visibility: visible; display: block; height: auto; } .wide { overflow: visible; } #viewer.embedded { border: 0; margin: 0; } }
`;
