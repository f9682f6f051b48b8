/** The style sheet of every page: light, dark and print. */
export const style = `
:root { color-scheme: light dark;
  --page: light-dark(#f6f7f9, #14171b); --card: light-dark(#ffffff, #22272e); --inner: light-dark(#eceff3, #1b2026);
  --ink: light-dark(#1a1f26, #e8ebef); --faint: light-dark(#58626e, #a3adb9); --line: light-dark(#9aa5b1, #5b6673);
  --accent: light-dark(#1f5fbf, #6aa9ff);
  --added: light-dark(#1a7f37, #4fc26b); --removed: light-dark(#c22f3c, #ff7b84); --changed: light-dark(#9a6200, #e3b341);
  --added-fill: light-dark(#e3f5e7, #17321f); --removed-fill: light-dark(#fde8ea, #3b1d21); --changed-fill: light-dark(#fdf3dc, #382c10);
  --convolution: light-dark(#2f6fde, #5b93f5); --linear: light-dark(#5b4fd6, #9488ff); --normalization: light-dark(#c06a00, #f0a040);
  --activation: light-dark(#b3372f, #f0736a); --pooling: light-dark(#0b8577, #35c3b0); --elementwise: light-dark(#3d8f2b, #7fd067);
  --concat: light-dark(#8f5a00, #d69f3c); --movement: light-dark(#6b7785, #94a0ad); --reduction: light-dark(#0d7fa5, #45bde6);
  --attention: light-dark(#b0309a, #ee7fd8); --recurrent: light-dark(#8a3ffc, #b996ff); --shape: light-dark(#8a94a0, #7c8793);
  --other: light-dark(#6d6257, #b3a595); --motif: light-dark(#37475a, #b7c4d3); --port: light-dark(#111827, #f3f4f6); }
:root[data-theme="light"] { color-scheme: light; } :root[data-theme="dark"] { color-scheme: dark; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 14px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1, h2, h3, h4 { line-height: 1.25; overflow-wrap: anywhere; } h3 { font-size: 16px; margin: 0; }
h4 { font-size: 12px; margin: 12px 0 2px; color: var(--faint); font-weight: 600; } h4.side { color: var(--ink); border-top: 1px solid var(--line); padding-top: 8px; }
.faint { color: var(--faint); } .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12px; overflow-wrap: anywhere; }
button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 3px 9px; cursor: pointer; }
button:hover { border-color: var(--accent); } :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
button.link { display: block; width: 100%; text-align: left; border: 0; background: none; padding: 1px 0; color: var(--accent); font-size: 12px; overflow-wrap: anywhere; }
button.link:hover { text-decoration: underline; }
#viewer { display: grid; height: 100vh; grid-template: "bar bar" auto "panes side" minmax(0, 1fr) / minmax(0, 1fr) 340px; }
.bar { grid-area: bar; display: flex; flex-wrap: wrap; gap: 6px; align-items: center; padding: 8px 12px; border-bottom: 1px solid var(--line); background: var(--card); }
.bar input { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: 3px 9px; width: 260px; }
.bar output { min-width: 70px; } .panes { grid-area: panes; display: flex; min-width: 0; }
.pane { flex: 1; min-width: 0; display: flex; flex-direction: column; } .pane + .pane { border-left: 1px solid var(--line); }
.pane h2 { font-size: 13px; margin: 0; padding: 5px 12px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.pane canvas { flex: 1; min-height: 0; width: 100%; touch-action: none; cursor: grab; display: block; } .pane canvas:active { cursor: grabbing; }
.pane canvas:focus-visible { outline-offset: -2px; }
aside { grid-area: side; overflow-y: auto; padding: 12px; border-left: 1px solid var(--line); background: var(--card); }
.details .name { margin: 2px 0 6px; overflow-wrap: anywhere; } .results { margin: 0 0 10px; padding-left: 20px; max-height: 40vh; overflow-y: auto; } .results:empty { display: none; }
dl { display: grid; grid-template-columns: minmax(70px, max-content) minmax(0, 1fr); gap: 1px 10px; margin: 4px 0; font-size: 13px; }
dt { color: var(--faint); overflow-wrap: anywhere; max-width: 150px; } dd { margin: 0; overflow-wrap: anywhere; } .port { margin: 2px 0; }
.channels { margin: 8px 0; } .channels figcaption, .channels p { font-size: 12px; overflow-wrap: anywhere; margin: 0 0 3px; } .strip { width: 100%; height: 44px; background: var(--inner); border-radius: 3px; display: block; }
.status { display: inline-block; border-radius: 4px; padding: 0 7px; font-size: 12px; margin: 0 6px 4px 0; border: 1px solid var(--line); }
.status.added { background: var(--added-fill); border-color: var(--added); } .status.removed { background: var(--removed-fill); border-color: var(--removed); } .status.changed { background: var(--changed-fill); border-color: var(--changed); }
.legend { margin: 0 0 8px; } .said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.help { color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 8px; max-width: 480px; } .help::backdrop { background: rgb(0 0 0 / 40%); }
@media (max-width: 800px) { #viewer { grid-template: "bar" auto "panes" minmax(0, 1fr) "side" 40vh / minmax(0, 1fr); } aside { border-left: 0; border-top: 1px solid var(--line); } }
@media print { :root, :root[data-theme="dark"] { color-scheme: light; } .bar { display: none; } #viewer { height: auto; display: block; } .pane { display: block; } .pane canvas { height: auto; max-height: 150mm; object-fit: contain; object-position: left top; } aside { border: 0; overflow: visible; } body { background: #fff; } }
`;
