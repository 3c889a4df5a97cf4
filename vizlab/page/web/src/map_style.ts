/** The map's looks. Colours of text and lines come from the page, with a fallback each. */

export const MAP_STYLE = `
.vz-map{--m-ink:var(--ink,#1a1d21);--m-quiet:var(--quiet,#5b6570);--m-line:var(--line,#d5d9de);
  --m-panel:var(--panel,#fff);--m-accent:var(--accent,#0f6f9e);
  color:var(--m-ink);font:12px/1.35 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;min-width:0}
.vz-map-legend{display:flex;flex-wrap:wrap;gap:2px 14px;align-items:center;color:var(--m-quiet);font-size:11px;
  margin-bottom:4px}
.vz-map-legend>span:has(>svg){display:inline-flex;gap:5px;align-items:center}
.vz-map-legend svg{flex:none}
.vz-map-body{display:flex;align-items:flex-start;min-width:0}
.vz-map-names{flex:none;display:block}
.vz-map-scroll{flex:1;min-width:0;overflow-x:auto;overflow-y:hidden;scrollbar-width:thin}
.vz-map svg{display:block}
.vz-map text{fill:var(--m-ink);font-size:11px}
.vz-map .m-title{font-size:12px;font-weight:650}
.vz-map .m-stage,.vz-map .m-place,.vz-map .m-note{fill:var(--m-quiet);font-size:10px}
.vz-map .m-note{font-size:11px;font-style:italic}
.vz-map .m-rule{stroke:var(--m-line);stroke-width:1;shape-rendering:crispEdges}
.vz-map .m-lane{stroke-width:2.5;opacity:.42;fill:none}
.vz-map .m-beside{fill:none;stroke:var(--m-quiet);stroke-width:1;opacity:.55}
.vz-map .m-site{cursor:pointer;outline:none}
.vz-map .m-slot{fill:transparent;stroke:none}
.vz-map .m-site:hover .m-slot{fill:var(--m-quiet);fill-opacity:.09}
.vz-map .m-site[aria-pressed=true] .m-slot{fill:var(--m-accent);fill-opacity:.13;stroke:var(--m-accent);
  stroke-width:1.25}
.vz-map .m-site[aria-pressed=true] .m-place{fill:var(--m-accent);font-weight:700;font-size:11px}
.vz-map .m-site:focus-visible .m-slot{stroke:var(--m-accent);stroke-width:2.5}
.vz-map .m-band{fill:none;opacity:.92}
.vz-map .m-casing{fill:none;stroke:var(--m-panel);opacity:.8;stroke-dasharray:0 24 52 24}
.vz-map .m-halo{fill:none;stroke:var(--m-accent);opacity:.3;stroke-linecap:round}
.vz-map .m-negative{stroke-dasharray:1.6 2.2}
.vz-map .m-faint{opacity:.3}
.vz-map .m-hit{fill:none;stroke:transparent;pointer-events:stroke}
.vz-map .m-hollow{fill:var(--m-panel);stroke-width:1.5}
.vz-map .m-effect{fill:none;stroke:var(--m-ink);stroke-width:1.25}
.vz-map .m-standing{fill:none;pointer-events:none}
.vz-map .m-decisive{stroke:var(--m-accent);stroke-width:2}
.vz-map .m-idle{stroke:var(--m-quiet);stroke-width:1.25;stroke-dasharray:2 2}
.vz-map .m-mix{fill:var(--m-panel);stroke:var(--m-quiet);stroke-width:1.25}
.vz-map .m-dot{stroke:none}
@media (prefers-reduced-motion:no-preference){
  .vz-map .m-band,.vz-map .m-slot{transition:opacity .12s,fill-opacity .12s}}
@media (forced-colors:active){.vz-map .m-site[aria-pressed=true] .m-slot{stroke:Highlight}}
`;
