/** Where everything of the network map stands: pure arithmetic, in pixels of the plot. */

import type { Edge, Flow, Maybe, Network, SiteInfo } from "./document";

/** Which number of an edge is drawn: this picture's share, or what is the same for every picture. */
export type Measure = "share" | "fixed";

/** One site of one network and the stream that receives there; `source` where one edge is meant. */
export interface Selection { network: string; site: string; target: string; source: string | null }

/** Rows of a network, top to bottom: stages, lanes, places; and the distance between networks. */
export const HEAD = 16, LANE = 17, FOOT = 11, BETWEEN = 8;
/** Pixels of a band that carries all (1.0), for every network alike. */
export const FULL = 15;
/** A band that carries anything is seen (fainter where it should be thinner still), and none is wider than this. */
export const THINNEST = 0.9, FAINTEST = 0.35, WIDEST = 1.5 * FULL;
/** Pixels that a site needs at least (of many sites, each), and the longest way of its bands. */
export const NARROWEST = 36, NARROWEST_OF_MANY = 20, MANY = 20, LONGEST = 84;
/** Between the lanes of sites that work side by side. */
export const BREAK = 8;
const SIDE = 6;

export interface MapLayout { width: number; height: number; rows: Row[] }

export interface Row {
  network: Network;
  top: number;
  bottom: number;
  lanes: Lane[];
  sites: Place[];
  stages: Group[];
  /** Columns with more than one site. */
  beside: Group[];
}

/** `parts` are where the lane is drawn, from x to x. */
export interface Lane { stream: string; title: string; colour: string; y: number; parts: [number, number][] }

/** A site's slot `left`..`right`, its middle, and where its bands leave and arrive. */
export interface Place { site: SiteInfo; left: number; right: number; x: number; from: number; to: number }

export interface Group { label: string; left: number; right: number }

/** One edge as it is drawn. `mark` says how: nothing for what is exactly 0 or what the method does not have. */
export interface Band {
  edge: Edge;
  value: Maybe;
  mark: "band" | "negative" | "undefined" | "nothing";
  width: number;
  /** Below 1 for what is thinner than a line can be. */
  opacity: number;
  colour: string;
  /** Where it leaves and where it arrives; `level` is the receiver's lane. */
  start: number;
  end: number;
  level: number;
  path: string;
}

/** Pixels that the plot needs, so that no site is narrower than `NARROWEST`. */
export function neededWidth(networks: Network[]): number {
  const most = (flow: Flow | null) => {
    const columns = columnsOf(flow?.sites ?? []);
    return columns.length * Math.max(0, ...columns.map((sites) => sites.length));
  };
  const slots = Math.max(1, ...networks.map(({ flow }) => most(flow)));
  return 2 * SIDE + Math.max(NARROWEST * Math.min(slots, MANY), NARROWEST_OF_MANY * slots);
}

/** One row of lanes per network, all of one width: input at the left, output at the right. */
export function layoutMap(networks: Network[], width: number): MapLayout {
  let top = 0;
  const rows = networks.map((network) => {
    const row = layoutRow(network, width, top);
    top = row.bottom + BETWEEN;
    return row;
  });
  return { width, height: Math.max(0, top - BETWEEN), rows };
}

function layoutRow(network: Network, width: number, top: number): Row {
  const flow = network.flow;
  if (!flow || !flow.sites.length) {
    return { network, top, bottom: top + HEAD + FOOT / 2, lanes: [], sites: [], stages: [], beside: [] };
  }
  const sites = placed(flow.sites, width);
  const lanes = flow.streams.map((stream, index) => ({
    stream: stream.name, title: stream.title, colour: stream.colour,
    y: top + HEAD + LANE * (index + 0.5), parts: laneParts(stream.name, sites, width),
  }));
  const bottom = top + HEAD + LANE * flow.streams.length + FOOT;
  return { network, top, bottom, lanes, sites, stages: stagesOf(sites), beside: besideOf(sites) };
}

/** Columns share the width evenly, and the sites of a column share the column. */
export function placed(sites: SiteInfo[], width: number): Place[] {
  const columns = columnsOf(sites), each = (width - 2 * SIDE) / columns.length;
  return columns.flatMap((column, at) => {
    const slot = each / column.length, reach = Math.min(slot * 0.74, LONGEST) / 2;
    return column.map((site, within) => {
      const left = SIDE + each * at + slot * within, x = left + slot / 2;
      return { site, left, right: left + slot, x, from: x - reach, to: x + reach };
    });
  });
}

/** Sites by column, in the order in which they come. */
export function columnsOf(sites: SiteInfo[]): SiteInfo[][] {
  const columns = new Map<number, SiteInfo[]>();
  for (const site of sites) columns.set(site.column, [...(columns.get(site.column) ?? []), site]);
  return [...columns.values()];
}

/** A lane is broken between sites side by side, and ends where its stream receives nothing any more. */
export function laneParts(stream: string, places: Place[], width: number): [number, number][] {
  const last = places[places.length - 1].site.column, parts: [number, number][] = [];
  let start = 0;
  places.forEach((place, index) => {
    const next = places[index + 1], receives = place.site.targets.includes(stream);
    const besideNext = next?.site.column === place.site.column, final = place.site.column === last;
    if (!receives && (final || besideNext)) parts.push([start, place.from]);
    else if (besideNext) parts.push([start, place.right - BREAK / 2]);
    else if (!next) parts.push([start, width]);
    if (besideNext) start = place.right + BREAK / 2;
  });
  return parts;
}

/** Neighbouring sites of one stage (and, side by side, every site by itself) under one heading. */
export function stagesOf(places: Place[]): Group[] {
  const groups: (Group & { column: number })[] = [];
  for (const { site, left, right } of places) {
    const before = groups[groups.length - 1];
    if (before && before.label === site.stage && before.column !== site.column) {
      before.right = right;
      before.column = site.column;
    } else groups.push({ label: site.stage, left, right, column: site.column });
  }
  return groups.map(({ label, left, right }) => ({ label, left, right }));
}

function besideOf(places: Place[]): Group[] {
  return columnsOf(places.map(({ site }) => site)).filter((sites) => sites.length > 1).map((sites) => {
    const inside = places.filter(({ site }) => sites.includes(site));
    return { label: "side by side", left: inside[0].left, right: inside[inside.length - 1].right };
  });
}

/** The bands of one site. Those that arrive at one lane stand on one another, in the order of the senders' lanes. */
export function bandsOf(place: Place, lanes: Lane[], measure: Measure): Band[] {
  const order = new Map(lanes.map((lane, index) => [lane.stream, index]));
  return lanes.flatMap((lane) => {
    const arriving = place.site.edges
      .filter((edge) => edge.target === lane.stream)
      .sort((a, b) => order.get(a.lane)! - order.get(b.lane)!);
    const widths = arriving.map((edge) => (measure === "share" ? edge.share : edge.fixed)).map(bandWidth);
    let end = lane.y - widths.reduce((sum, width) => sum + width, 0) / 2;
    return arriving.map((edge, index) => {
      const sender = lanes[order.get(edge.lane)!], middle = end + widths[index] / 2;
      end += widths[index];
      return band(edge, measure, place, sender, lane.y, middle);
    });
  });
}

function band(edge: Edge, measure: Measure, place: Place, sender: Lane, level: number, end: number): Band {
  const value = measure === "share" ? edge.share : edge.fixed;
  return {
    edge, value, mark: markOf(value, measure), width: bandWidth(value), opacity: opacityOf(value),
    colour: sender.colour, start: sender.y, end, level, path: curve(place.from, sender.y, place.to, end),
  };
}

/** Pixels: `FULL` for 1, whatever the sign; nothing for nothing. */
export function bandWidth(value: Maybe): number {
  if (value === null || value === 0) return 0;
  return Math.min(WIDEST, Math.max(THINNEST, Math.abs(value) * FULL));
}

/** Fainter in proportion where the width cannot say it. */
export function opacityOf(value: Maybe): number {
  return Math.min(1, Math.max(FAINTEST, (Math.abs(value || 1) * FULL) / THINNEST));
}

/** A share that is not there is undefined; a weight that is not there is one that the method does not have. */
export function markOf(value: Maybe, measure: Measure): Band["mark"] {
  if (value === null) return measure === "share" ? "undefined" : "nothing";
  if (value === 0) return "nothing";
  return value < 0 ? "negative" : "band";
}

/** From left to right with level ends. */
export function curve(x0: number, y0: number, x1: number, y1: number): string {
  const [a, b, c, d] = [x0, y0, x1, y1].map(short), middle = short((x0 + x1) / 2);
  return `M${a} ${b}C${middle} ${b} ${middle} ${d} ${c} ${d}`;
}

function short(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The site whose middle is nearest to x; null where there is none. */
export function nearest(places: Place[], x: number): Place | null {
  return places.reduce<Place | null>((best, place) => {
    return best === null || Math.abs(place.x - x) < Math.abs(best.x - x) ? place : best;
  }, null);
}

/** The receiver whose lane is nearest to y, among those of the site. */
export function targetAt(site: SiteInfo, lanes: Lane[], y: number): string {
  const receiving = lanes.filter((lane) => site.targets.includes(lane.stream));
  const best = receiving.reduce((a, b) => (Math.abs(b.y - y) < Math.abs(a.y - y) ? b : a));
  return best.stream;
}

/** How far to scroll so that a site is in view, which begins at `left` and is `width` wide. */
export function scrollFor(place: Place, left: number, width: number): number {
  if (place.left < left) return Math.max(0, place.left - SIDE);
  return place.right > left + width ? place.right + SIDE - width : left;
}

/** Of all edges shown; a ring's size is relative to it. */
export function largestEffect(networks: Network[]): number {
  const edges = networks.flatMap(({ flow }) => flow?.sites ?? []).flatMap(({ edges }) => edges);
  return Math.max(0, ...edges.map(({ effect }) => Math.abs(effect ?? 0)));
}
