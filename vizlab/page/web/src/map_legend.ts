import type { Network } from "./document";
import { bandWidth, FULL, type Measure, opacityOf, THINNEST, WIDEST } from "./map_layout";
import { element, html } from "./map_svg";
import { EFFECT, NOTHING_FIXED, STANDINGS, WIDTHS } from "./map_words";

/** Per cent below which a band is faint. */
const FAINT = Math.round((100 * THINNEST) / FULL);
/** Per cent that the widest band carries. */
const MOST = Math.round((100 * WIDEST) / FULL);

/** The scale, and the marks that this map has. */
export function legend(networks: Network[], measure: Measure): HTMLElement {
  const line = html("div", { class: "vz-map-legend" });
  const edges = networks.flatMap(({ flow }) => flow?.sites ?? []).flatMap(({ edges }) => edges);
  const values = edges.map((edge) => (measure === "share" ? edge.share : edge.fixed));
  line.append(entry("input → output"), entry(`${WIDTHS[measure]}, in the sender's colour`));
  for (const value of [0.1, 0.5]) line.append(entry(`${100 * value} %`, sample(value)));
  if (values.some((value) => opacityOf(value) < 1)) line.append(entry(`fainter: under ${FAINT} %`));
  if (values.some((value) => value !== null && value < 0)) line.append(entry("negative", sample(-0.3)));
  if (measure === "share" && values.includes(null)) line.append(entry("undefined", hollow()));
  if (values.some((value) => Math.abs(value ?? 0) * FULL > WIDEST)) line.append(entry(`drawn to ${MOST} % at most`));
  if (edges.some(({ effect }) => effect)) line.append(entry(EFFECT, ring("m-effect")));
  for (const [standing, words] of Object.entries(STANDINGS)) {
    if (edges.some((edge) => edge.standing === standing)) line.append(entry(words, ring(`m-standing m-${standing}`)));
  }
  const bare = networks.flatMap(({ flow }) => flow?.sites ?? []).filter(({ edges }) => !edges.length);
  if (bare.some(({ apart }) => !apart)) line.append(entry("not a sum", capsule()));
  if (bare.some(({ apart }) => apart)) line.append(entry("nothing is sent", ring("m-mix")));
  const none = measure === "fixed" ? networks.filter(withoutFixed) : [];
  line.append(...none.map(({ title }) => entry(`${title}: ${NOTHING_FIXED}`)));
  return line;
}

function withoutFixed({ flow }: Network): boolean {
  return !!flow?.sites.length && flow.sites.every(({ edges }) => edges.every(({ fixed }) => fixed === null));
}

function entry(words: string, mark?: SVGElement): HTMLElement {
  const span = html("span");
  span.append(...(mark ? [mark] : []), words);
  return span;
}

function sample(value: number): SVGElement {
  const svg = element("svg", { width: 20, height: 10, "aria-hidden": "true" });
  const look = { d: "M0 5H20", stroke: "var(--m-quiet)", "stroke-width": bandWidth(value) };
  svg.append(element("path", { class: value < 0 ? "m-band m-negative" : "m-band", ...look }));
  return svg;
}

function hollow(): SVGElement {
  const svg = element("svg", { width: 9, height: 9, "aria-hidden": "true" });
  svg.append(element("circle", { class: "m-hollow", cx: 4.5, cy: 4.5, r: 3, stroke: "var(--m-quiet)" }));
  return svg;
}

function ring(look: string): SVGElement {
  const svg = element("svg", { width: 12, height: 12, "aria-hidden": "true" });
  svg.append(element("circle", { class: look, cx: 6, cy: 6, r: 4.5 }));
  return svg;
}

function capsule(): SVGElement {
  const svg = element("svg", { width: 8, height: 13, "aria-hidden": "true" });
  svg.append(element("rect", { class: "m-mix", x: 1, y: 1, width: 6, height: 11, rx: 3 }));
  return svg;
}
