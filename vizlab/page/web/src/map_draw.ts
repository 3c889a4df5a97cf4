/** Draws the network map: what `map_layout` has placed, as elements. */

import type { Network, SiteInfo } from "./document";
import { keyOf, rove, siteElement } from "./map_find";
import {
  type Band, bandsOf, FOOT, type Group, HEAD, type Lane, largestEffect, layoutMap, type MapLayout, type Measure,
  neededWidth, type Place, type Row, scrollFor, type Selection,
} from "./map_layout";
import { legend } from "./map_legend";
import { MAP_STYLE } from "./map_style";
import { element, html, rounded, text, title, withTitle } from "./map_svg";
import { edgeSentence, fitted, heading, NOTHING_MIXES, siteSentence } from "./map_words";

const [WIDE_NAMES, NARROW_NAMES, PHONE] = [122, 98, 560];
/** Pixels around a thin band that count as the band, for the pointer. */
const REACH = 7;
/** Radius of the ring of the largest effect, of the smallest that is seen, and how far out the second one is. */
const [RING, SMALLEST_RING, AROUND] = [7, 1, 3];

/** What a drawing depends on besides the networks; `reveal` scrolls to the selected site. */
export interface Shown { selected: Selection | null; measure: Measure; reveal: boolean }

/** Draws everything anew into `root`; the focus stays where it is, and the scroll unless a site is to be revealed. */
export function drawn(root: HTMLElement, networks: Network[], options: Shown): MapLayout {
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
  const place = options.reveal ? selectedPlace(layout, options.selected) : null;
  const left = place ? scrollFor(place, scrolled, width - names) : scrolled;
  if (left) scroll.scrollLeft = left;
  const again = focused === null ? null : siteElement(root, ...focused);
  rove(root, again ?? root.querySelector("[aria-pressed=true]") ?? root.querySelector("[data-site]"));
  again?.focus({ preventScroll: true });
  return layout;
}

function selectedPlace(layout: MapLayout, selected: Selection | null): Place | null {
  const row = layout.rows.find(({ network }) => network.name === selected?.network);
  return row?.sites.find(({ site }) => site.name === selected?.site) ?? null;
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

function plot(layout: MapLayout, options: Shown): SVGElement {
  const width = layout.width, height = layout.height + 1;
  const svg = element("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "group",
    "aria-label": "Network map: sites from input to output; arrow keys move, Enter selects",
  });
  const largest = largestEffect(layout.rows.map(({ network }) => network));
  for (const row of layout.rows) svg.append(rowOf(row, options, largest));
  return svg;
}

function rowOf(row: Row, options: Shown, largest: number): SVGElement {
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
  const d = `M${left + 3} ${top + 3}V${top - 0.5}H${right - 3}V${top + 3}`;
  const words = text(label, { class: "m-stage", x: left - 4, y: top + 4, "text-anchor": "end" });
  return [element("path", { class: "m-beside", d }), words];
}

function laneOf(lane: Lane): SVGElement {
  const d = lane.parts.map(([from, to]) => `M${from} ${lane.y}H${to}`).join("");
  return element("path", { class: "m-lane", d, stroke: lane.colour });
}

/** A crossing: a button with its slot, its bands and its place in the order. */
function siteOf(place: Place, row: Row, options: Shown, largest: number): SVGElement {
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
  if (site.apart) group.append(...alone(place, row.lanes));
  else if (!site.edges.length) group.append(mixOf(place, row.lanes));
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
  const box = { x: place.x - half, y: top, width: 2 * half, height: bottom - top, rx: half };
  return element("rect", { class: "m-mix", ...box });
}

/** A site at which nobody sends: a mark of its own on every lane that takes part. */
function alone({ x, site }: Place, lanes: Lane[]): SVGElement[] {
  const parts = lanes.filter(({ stream }) => site.targets.includes(stream));
  return parts.map(({ y }) => element("circle", { class: "m-mix m-alone", cx: x, cy: y, r: 4.5 }));
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
    const look = { cx: place.to, cy: y, r: 3, stroke: band.colour };
    found.push(element("circle", { class: `m-hollow${faint}`, ...look, ...marks }));
  }
  if (band.edge.effect && largest > 0) found.push(...ringsOf(band, place, largest, marks));
  return found;
}

/** A ring whose area is the effect; around who stands out a second one, dashed where he is idle. */
function ringsOf({ edge, end }: Band, place: Place, largest: number, marks: Record<string, string>): SVGElement[] {
  const r = RING * Math.sqrt(Math.abs(edge.effect!) / largest), at = { cx: place.to, cy: end };
  const ring = element("circle", { class: "m-effect", ...at, r: rounded(Math.max(SMALLEST_RING, r)), ...marks });
  if (!edge.standing) return [ring];
  const around = rounded(Math.max(SMALLEST_RING, r) + AROUND);
  return [ring, element("circle", { class: `m-standing m-${edge.standing}`, ...at, r: around, ...marks })];
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
  const { target, source } = band.edge;
  const hit = element("path", {
    class: "m-hit", d: band.path, "stroke-width": Math.max(REACH, band.width),
    "data-hit": `${target}<-${source}`, "data-target": target, "data-source": source,
  });
  return withTitle(hit, edgeSentence(network, site, band.edge, measure));
}
