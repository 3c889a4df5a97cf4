/** The network map: streams as lanes, fusion sites as crossings, one scale for all networks; also the way to a site. */

import type { Network, SiteInfo } from "./document";
import {
  type Band, type Group, type Lane, type MapLayout, type Measure, type Place, type Row,
  bandWidth, bandsOf, FOOT, FULL, HEAD, largestEffect, layoutMap, nearest, neededWidth, opacityOf, targetAt,
  THINNEST,
} from "./map_layout";
import { MAP_STYLE } from "./map_style";
import { edgeSentence, fitted, heading, NOTHING_FIXED, NOTHING_MIXES, siteSentence, WIDTHS } from "./map_words";

/** One site of one network and the stream that receives there; `source` where one edge is meant. */
export interface Selection { network: string; site: string; target: string; source: string | null }

export interface MapOptions {
  selected: Selection | null;
  measure: Measure;
  onSelect: (selection: Selection) => void;
  /** What lies under the pointer or has the focus, in a sentence; null when it is left. */
  onHover?: (text: string | null) => void;
}

export interface NetworkMap {
  update(networks: Network[], options: MapOptions): void;
  /** Selects the site that many places on, in the selected network's order; stays within it. */
  step(delta: number): void;
  destroy(): void;
}

const SVG = "http://www.w3.org/2000/svg";
const [WIDE_NAMES, NARROW_NAMES, PHONE] = [122, 98, 560];
/** Pixels around a thin band that count as the band, for the pointer. */
const REACH = 7;
/** Per cent below which a band is faint. */
const FAINT = Math.round((100 * THINNEST) / FULL);

/** Draws the map into `container`, as wide as that is, and again whenever its width changes. */
export function networkMap(container: HTMLElement, networks: Network[], options: MapOptions): NetworkMap {
  const root = html("div", { class: "vz-map" });
  container.append(root);
  let state = { networks, options };
  let layout: MapLayout = layoutMap([], 0);
  const draw = () => {
    layout = drawn(root, state.networks, state.options);
  };
  const released = listening(root, () => ({ ...state, layout }));
  const watch = watching(container, draw);
  draw();
  return {
    update(next, opts) {
      state = { networks: next, options: opts };
      draw();
    },
    step: (delta) => step(state.networks, state.options, delta),
    destroy() {
      watch.disconnect();
      released.abort();
      root.remove();
    },
  };
}

/** Selects the neighbour of the selected site; without a selection the first site there is. */
function step(networks: Network[], { selected, onSelect }: MapOptions, delta: number): void {
  const withSites = networks.filter(({ flow }) => flow?.sites.length);
  const network = withSites.find(({ name }) => name === selected?.network) ?? withSites[0];
  if (!network) return;
  const sites = network.flow!.sites, at = sites.findIndex(({ name }) => name === selected?.site);
  const known = selected?.network === network.name && at >= 0;
  const next = sites[known ? Math.min(sites.length - 1, Math.max(0, at + delta)) : 0];
  const target = selected && next.targets.includes(selected.target) ? selected.target : next.targets[0];
  onSelect({ network: network.name, site: next.name, target, source: null });
}

/** Calls `draw` when the width is another one than before. */
function watching(container: HTMLElement, draw: () => void): { disconnect(): void } {
  if (typeof ResizeObserver === "undefined") return { disconnect() {} };
  let width = container.clientWidth;
  const observer = new ResizeObserver(() => {
    if (container.clientWidth === width) return;
    width = container.clientWidth;
    draw();
  });
  observer.observe(container);
  return observer;
}

function drawn(root: HTMLElement, networks: Network[], options: MapOptions): MapLayout {
  const width = root.clientWidth || root.parentElement?.clientWidth || 960;
  const names = width < PHONE ? NARROW_NAMES : WIDE_NAMES;
  const layout = layoutMap(networks, Math.max(width - names, neededWidth(networks)));
  const focused = keyOf(root.ownerDocument.activeElement, root);
  const scrolled = root.querySelector(".vz-map-scroll")?.scrollLeft ?? 0;
  const body = html("div", { class: "vz-map-body" });
  const scroll = html("div", { class: "vz-map-scroll" });
  scroll.append(plot(layout, options));
  body.append(namesOf(layout, names), scroll);
  const style = html("style");
  style.textContent = MAP_STYLE;
  root.replaceChildren(style, legend(networks, options.measure), body);
  scroll.scrollLeft = scrolled;
  const again = focused === null ? null : siteElement(root, ...focused);
  rove(root, again ?? root.querySelector("[aria-pressed=true]") ?? root.querySelector("[data-site]"));
  again?.focus({ preventScroll: true });
  return layout;
}

/** The column at the left that does not scroll: networks and their streams. */
function namesOf(layout: MapLayout, width: number): SVGElement {
  const svg = element("svg", { class: "vz-map-names", width, height: layout.height, "aria-hidden": "true" });
  for (const row of layout.rows) {
    const title = text(fitted(row.network.title, width - 2, 7.3), { class: "m-title", x: 0, y: row.top + 12 });
    svg.append(withTitle(title, row.network.name));
    for (const lane of row.lanes) {
      svg.append(element("circle", { class: "m-dot", cx: 5, cy: lane.y, r: 4, fill: lane.colour }));
      const label = text(fitted(lane.title, width - 22, 5.9), { x: 14, y: lane.y + 3.8 });
      svg.append(withTitle(label, lane.title));
    }
  }
  return svg;
}

function plot(layout: MapLayout, options: MapOptions): SVGElement {
  const width = layout.width, height = layout.height + 1;
  const svg = element("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "group",
    "aria-label": "Network map: sites from input to output; arrow keys move, Enter selects",
  });
  const largest = largestEffect(layout.rows.map(({ network }) => network));
  for (const row of layout.rows) svg.append(rowOf(row, options, largest));
  return svg;
}

function rowOf(row: Row, options: MapOptions, largest: number): SVGElement {
  const group = element("g", { "data-row": row.network.name });
  if (!row.sites.length) {
    group.append(text(NOTHING_MIXES, { class: "m-note", x: 8, y: row.top + 12 }));
    return group;
  }
  const bottom = row.bottom - FOOT;
  row.stages.forEach((stage, index) => {
    if (index) group.append(rule(stage.left, row.top + 4, bottom));
    const words = heading(stage.label, stage.right - stage.left - 6, 5.3);
    group.append(withTitle(text(words, { class: "m-stage", x: stage.left + 5, y: row.top + 12 }), stage.label));
  });
  for (const box of row.beside) group.append(...besideOf(box, row.top));
  for (const lane of row.lanes) group.append(laneOf(lane));
  for (const place of row.sites) group.append(siteOf(place, row, options, largest));
  return group;
}

function rule(x: number, y0: number, y1: number): SVGElement {
  return element("line", { class: "m-rule", x1: x, x2: x, y1: y0, y2: y1 });
}

/** A bracket over sites that work side by side, and the words. */
function besideOf({ label, left, right }: Group, top: number): SVGElement[] {
  const path = element("path", { class: "m-beside", d: `M${left + 3} ${top + 3}V${top - 0.5}H${right - 3}V${top + 3}` });
  return [path, text(label, { class: "m-stage", x: left - 4, y: top + 4, "text-anchor": "end" })];
}

function laneOf(lane: Lane): SVGElement {
  const d = lane.parts.map(([from, to]) => `M${from} ${lane.y}H${to}`).join("");
  return element("path", { class: "m-lane", d, stroke: lane.colour });
}

/** A crossing: a button with its slot, its bands and its place in the order. */
function siteOf(place: Place, row: Row, options: MapOptions, largest: number): SVGElement {
  const { site } = place, { selected, measure } = options;
  const pressed = selected?.network === row.network.name && selected.site === site.name;
  const sentence = siteSentence(row.network, site, measure);
  const group = element("g", {
    class: "m-site", role: "button", tabindex: -1, "aria-pressed": String(pressed), "aria-label": sentence,
    "data-network": row.network.name, "data-site": site.name,
  });
  const top = row.top + HEAD - 1;
  const box = { x: place.left + 1, y: top, width: place.right - place.left - 2, height: row.bottom - top, rx: 5 };
  group.append(title(sentence), element("rect", { class: "m-slot", ...box }));
  if (!site.edges.length) group.append(mixOf(place, row.lanes));
  const bands = bandsOf(place, row.lanes, measure).sort((a, b) => b.width - a.width);
  for (const band of bands) group.append(...marksOf(band, place, pressed ? selected : null, largest));
  for (const band of bands) group.append(hitOf(band, row.network, site, measure));
  group.append(text(site.short, { class: "m-place", x: place.x, y: row.bottom - 3.5, "text-anchor": "middle" }));
  return group;
}

/** A site that mixes its streams, not as a sum: one capsule over all lanes that take part. */
function mixOf(place: Place, lanes: Lane[]): SVGElement {
  const parts = lanes.filter(({ stream }) => place.site.targets.includes(stream)), half = 6;
  const [top, bottom] = [parts[0].y - half, parts[parts.length - 1].y + half];
  return element("rect", { class: "m-mix", x: place.x - half, y: top, width: 2 * half, height: bottom - top, rx: half });
}

function marksOf(band: Band, place: Place, selected: Selection | null, largest: number): SVGElement[] {
  const faint = selected !== null && !concerns(selected, band) ? " m-faint" : "";
  const chosen = selected !== null && selected.source !== null && !faint;
  const marks = { "data-target": band.edge.target, "data-source": band.edge.source, "data-mark": band.mark };
  const found: SVGElement[] = [];
  if (band.mark === "band" || band.mark === "negative") {
    const shown = band.mark === "negative" ? " m-negative" : "";
    const look = { d: band.path, stroke: band.colour, "stroke-width": rounded(band.width) };
    if (chosen) found.push(halo(band));
    else if (band.width > 2 && !faint) found.push(casing(band));
    const made = element("path", { class: `m-band${shown}${faint}`, ...look, ...marks });
    if (band.opacity < 1) made.setAttribute("stroke-opacity", String(rounded(band.opacity)));
    found.push(made);
  } else if (band.mark === "undefined") {
    const y = band.level + (band.start < band.level ? -4 : 4);
    found.push(element("circle", { class: `m-hollow${faint}`, cx: place.to, cy: y, r: 3, stroke: band.colour, ...marks }));
  }
  if (band.edge.effect !== null && largest > 0) {
    const r = 2 + 4 * Math.sqrt(Math.abs(band.edge.effect) / largest);
    found.push(element("circle", { class: "m-effect", cx: place.to, cy: band.end, r: rounded(r), ...marks }));
  }
  return found;
}

/** A gap in what lies below, so that crossing bands are told apart; not where bands leave and arrive. */
function casing(band: Band): SVGElement {
  const width = rounded(band.width + 1.5);
  return element("path", { class: "m-casing", d: band.path, "stroke-width": width, pathLength: 100 });
}

/** Around the one selected edge, which may be a hairline. */
function halo(band: Band): SVGElement {
  return element("path", { class: "m-halo", d: band.path, "stroke-width": rounded(band.width + 5) });
}

function concerns(selected: Selection, { edge }: Band): boolean {
  return edge.target === selected.target && (selected.source === null || edge.source === selected.source);
}

/** What the pointer meets: at least `REACH` pixels wide, with the edge's sentence. */
function hitOf(band: Band, network: Network, site: SiteInfo, measure: Measure): SVGElement {
  const hit = element("path", {
    class: "m-hit", d: band.path, "stroke-width": Math.max(REACH, band.width),
    "data-hit": `${band.edge.target}<-${band.edge.source}`, "data-target": band.edge.target, "data-source": band.edge.source,
  });
  const sentence = edgeSentence(network, site, band.edge, measure);
  hit.setAttribute("data-sentence", sentence);
  return withTitle(hit, sentence);
}

/** The scale, and the marks that this map has. */
function legend(networks: Network[], measure: Measure): HTMLElement {
  const line = html("div", { class: "vz-map-legend" });
  const edges = networks.flatMap(({ flow }) => flow?.sites ?? []).flatMap(({ edges }) => edges);
  const values = edges.map((edge) => (measure === "share" ? edge.share : edge.fixed));
  line.append(entry("input → output"), entry(`${WIDTHS[measure]}, in the sender's colour`));
  for (const value of [0.1, 0.5]) line.append(entry(`${100 * value} %`, sample(value)));
  if (values.some((value) => opacityOf(value) < 1)) line.append(entry(`fainter: under ${FAINT} %`));
  if (values.some((value) => value !== null && value < 0)) line.append(entry("negative", sample(-0.3)));
  if (measure === "share" && values.includes(null)) line.append(entry("undefined", hollow()));
  if (networks.some(({ flow }) => flow?.sites.some((site) => !site.edges.length))) line.append(entry("not a sum", capsule()));
  if (measure === "fixed") line.append(...networks.filter(withoutFixed).map(({ title }) => entry(`${title}: ${NOTHING_FIXED}`)));
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
  const shown = value < 0 ? "m-band m-negative" : "m-band";
  svg.append(element("path", { class: shown, d: "M0 5H20", stroke: "var(--m-quiet)", "stroke-width": bandWidth(value) }));
  return svg;
}

function hollow(): SVGElement {
  const svg = element("svg", { width: 9, height: 9, "aria-hidden": "true" });
  svg.append(element("circle", { class: "m-hollow", cx: 4.5, cy: 4.5, r: 3, stroke: "var(--m-quiet)" }));
  return svg;
}

function capsule(): SVGElement {
  const svg = element("svg", { width: 8, height: 13, "aria-hidden": "true" });
  svg.append(element("rect", { class: "m-mix", x: 1, y: 1, width: 6, height: 11, rx: 3 }));
  return svg;
}

type Current = () => { networks: Network[]; options: MapOptions; layout: MapLayout };

/** One listener of each kind for the whole map; nothing is bound to what is drawn anew. */
function listening(root: HTMLElement, current: Current): AbortController {
  const released = new AbortController(), { signal } = released;
  root.addEventListener("click", (event) => clicked(event, current()), { signal });
  root.addEventListener("keydown", (event) => pressed(event, root, current()), { signal });
  root.addEventListener("pointermove", (event) => hover(event.target, event, current()), { signal });
  root.addEventListener("pointerleave", () => current().options.onHover?.(null), { signal });
  root.addEventListener("focusin", (event) => {
    const site = siteAbove(event.target);
    if (!site) return;
    rove(root, site);
    current().options.onHover?.(site.getAttribute("aria-label"));
  }, { signal });
  root.addEventListener("focusout", () => current().options.onHover?.(null), { signal });
  return released;
}

function clicked(event: MouseEvent, { options, layout }: ReturnType<Current>): void {
  const found = underPointer(event.target, event, layout);
  if (found) options.onSelect(found.selection);
}

function hover(target: EventTarget | null, event: MouseEvent, { options, layout }: ReturnType<Current>): void {
  const found = underPointer(target, event, layout);
  if (!options.onHover) return;
  if (!found) return options.onHover(null);
  const edge = (target as Element).getAttribute("data-sentence");
  const { row, place, selection } = found;
  options.onHover(edge ?? siteSentence(row.network, place.site, options.measure, selection.target));
}

/** The site under the pointer, and the edge or the nearest receiver. */
function underPointer(target: EventTarget | null, event: MouseEvent, layout: MapLayout) {
  const site = siteAbove(target);
  if (!site) return null;
  const found = placeOf(layout, site.getAttribute("data-network")!, site.getAttribute("data-site")!);
  if (!found) return null;
  const { row, place } = found, hit = (target as Element).getAttribute("data-hit") ? (target as Element) : null;
  const top = site.closest("svg")!.getBoundingClientRect().top;
  const receiver = hit?.getAttribute("data-target") ?? targetAt(place.site, row.lanes, event.clientY - top);
  const source = hit?.getAttribute("data-source") ?? null;
  const selection: Selection = { network: row.network.name, site: place.site.name, target: receiver, source };
  return { row, place, selection };
}

function placeOf(layout: MapLayout, network: string, site: string): { row: Row; place: Place } | null {
  const row = layout.rows.find((one) => one.network.name === network);
  const place = row?.sites.find((one) => one.site.name === site);
  return row && place ? { row, place } : null;
}

/** Arrows move the focus, Enter and the space bar select; Enter on the selected site goes on to its next receiver. */
function pressed(event: KeyboardEvent, root: HTMLElement, { options, layout }: ReturnType<Current>): void {
  const site = siteAbove(event.target);
  if (!site || event.altKey || event.ctrlKey || event.metaKey) return;
  const found = placeOf(layout, site.getAttribute("data-network")!, site.getAttribute("data-site")!);
  if (!found) return;
  if (event.key === "Enter" || event.key === " ") options.onSelect(answer(found, options.selected));
  else {
    const next = moved(event.key, found, layout);
    if (!next) return;
    siteElement(root, next.row.network.name, next.place.site.name)?.focus();
  }
  event.preventDefault();
  event.stopPropagation();
}

function answer({ row, place }: { row: Row; place: Place }, selected: Selection | null): Selection {
  const { targets, name } = place.site, at = targets.indexOf(selected?.target ?? "");
  const again = selected?.network === row.network.name && selected.site === name;
  const target = targets[at < 0 ? 0 : again ? (at + 1) % targets.length : at];
  return { network: row.network.name, site: name, target, source: null };
}

/** Where a key leads from a site: along its network, or to the nearest site of the next network that has any. */
export function moved(key: string, { row, place }: { row: Row; place: Place }, layout: MapLayout) {
  const at = row.sites.indexOf(place), last = row.sites.length - 1;
  const along: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last };
  if (key in along) return { row, place: row.sites[Math.min(last, Math.max(0, along[key]))] };
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const rows = layout.rows.filter(({ sites }) => sites.length), index = rows.indexOf(row);
  const next = rows[index + (key === "ArrowUp" ? -1 : 1)];
  return next ? { row: next, place: nearest(next.sites, place.x)! } : null;
}

/** One site of the map is in the page's tab order. */
function rove(root: HTMLElement, site: Element | null): void {
  for (const one of root.querySelectorAll("[data-site][tabindex='0']")) one.setAttribute("tabindex", "-1");
  site?.setAttribute("tabindex", "0");
}

function siteAbove(target: EventTarget | null): SVGElement | null {
  return target instanceof Element ? target.closest<SVGElement>("[data-site]") : null;
}

function siteElement(root: HTMLElement, network: string, site: string): SVGElement | null {
  const all = [...root.querySelectorAll<SVGElement>("[data-site]")];
  return all.find((one) => one.dataset.network === network && one.dataset.site === site) ?? null;
}

function keyOf(focused: Element | null, root: HTMLElement): [string, string] | null {
  const site = focused && root.contains(focused) ? siteAbove(focused) : null;
  return site ? [site.dataset.network!, site.dataset.site!] : null;
}

type Attributes = Record<string, string | number>;

function element(name: string, attributes: Attributes = {}): SVGElement {
  const made = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function html(name: string, attributes: Attributes = {}): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function text(words: string, attributes: Attributes): SVGElement {
  const made = element("text", attributes);
  made.textContent = words;
  return made;
}

function title(words: string): SVGElement {
  const made = element("title");
  made.textContent = words;
  return made;
}

function withTitle(made: SVGElement, words: string): SVGElement {
  made.append(title(words));
  return made;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
