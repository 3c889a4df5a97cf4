/** What a person has set: kept over scenes, written into the address. */

import { WHOLE, type Point, type Zoom } from "./geometry";
import type { Region } from "./stats";

export type Mode = "auto" | "row" | "lock";

/** How layers of one row are coloured; the ends count where they are locked. */
export interface RangeSetting { mode: Mode; low: number; high: number; colormap: string }

export interface Selection { network: string; site: string; target: string; source: string | null }

export interface State {
  /** What all cells show, in words of `presets.ts`, or "own" where each was chosen. */
  preset: string;
  /** Layers by key, where `preset` is "own". */
  cells: string[];
  zoom: Zoom;
  probes: Point[];
  region: Region | null;
  /** Of the layer over the photograph, 0..1. */
  opacity: number;
  /** Left of this share of the width the photograph shows; null without a wipe. */
  wipe: number | null;
  ranges: Record<string, RangeSetting>;
  palette: "voc" | "safe";
  highlighted: number | null;
  smooth: boolean;
  site: Selection | null;
  measure: "share" | "fixed";
}

export const MOST_CELLS = 12;

export const START: State = {
  preset: "overview", cells: [], zoom: WHOLE, probes: [], region: null, opacity: 1, wipe: null, ranges: {},
  palette: "voc", highlighted: null, smooth: false, site: null, measure: "share",
};

const BETWEEN = "~";

/** A state as parameters of an address; what is as at the start is left out. */
export function written(state: State): URLSearchParams {
  const parameters = new URLSearchParams();
  const put = (name: string, value: string, usual = "") => value !== usual && parameters.set(name, value);
  put("show", state.preset, START.preset);
  if (state.preset === "own") put("cells", state.cells.join(BETWEEN));
  const { k, x, y } = state.zoom;
  if (k !== 1) put("zoom", [k, x, y].join(","));
  put("probes", state.probes.map((p) => `${p.x},${p.y}`).join(";"));
  if (state.region) put("region", [state.region.x0, state.region.y0, state.region.x1, state.region.y1].join(","));
  put("opacity", String(state.opacity), "1");
  if (state.wipe !== null) put("wipe", String(Number(state.wipe.toFixed(3))));
  put("ranges", Object.entries(state.ranges).map(([row, r]) => [row, r.mode, r.low, r.high, r.colormap].join(BETWEEN)).join(";"));
  put("palette", state.palette, START.palette);
  if (state.highlighted !== null) put("class", String(state.highlighted));
  if (state.smooth) put("smooth", "1");
  const site = state.site;
  if (site) put("site", [site.network, site.site, site.target, site.source ?? ""].join(BETWEEN));
  put("measure", state.measure, START.measure);
  return parameters;
}

/** The inverse of `written`; what cannot be read is as at the start. */
export function read(parameters: URLSearchParams): State {
  const text = (name: string) => parameters.get(name) ?? "";
  const numbersOf = (name: string, count: number) => {
    const found = text(name).split(",").map(Number);
    return text(name) && found.length === count && found.every(Number.isFinite) ? found : null;
  };
  const zoom = numbersOf("zoom", 3);
  const region = numbersOf("region", 4);
  const one = (name: string) => numbersOf(name, 1)?.[0] ?? null;
  return {
    preset: text("show") || START.preset,
    cells: text("cells") ? text("cells").split(BETWEEN).slice(0, MOST_CELLS) : [],
    zoom: zoom && zoom[0] >= 1 ? { k: zoom[0], x: zoom[1], y: zoom[2] } : WHOLE,
    probes: pointsOf(text("probes")),
    region: region && { x0: region[0], y0: region[1], x1: region[2], y1: region[3] },
    opacity: share(one("opacity")) ?? 1,
    wipe: share(one("wipe")),
    ranges: rangesOf(text("ranges")),
    palette: text("palette") === "safe" ? "safe" : "voc",
    highlighted: one("class"),
    smooth: text("smooth") === "1",
    site: selectionOf(text("site")),
    measure: text("measure") === "fixed" ? "fixed" : "share",
  };
}

/** The same state for a picture of another size: places move with their share of height and width. */
export function resized(state: State, from: [number, number], to: [number, number]): State {
  if (from[0] === to[0] && from[1] === to[1]) return state;
  const move = (x: number, y: number): Point => ({
    x: Math.min(to[1] - 1, Math.floor(((x + 0.5) * to[1]) / from[1])),
    y: Math.min(to[0] - 1, Math.floor(((y + 0.5) * to[0]) / from[0])),
  });
  const [a, b] = state.region ? [move(state.region.x0, state.region.y0), move(state.region.x1, state.region.y1)] : [];
  return {
    ...state,
    probes: state.probes.map((p) => move(p.x, p.y)),
    region: a && b ? { x0: a.x, y0: a.y, x1: b.x, y1: b.y } : null,
  };
}

function share(value: number | null): number | null {
  return value === null ? null : Math.max(0, Math.min(1, value));
}

function pointsOf(text: string): Point[] {
  const found = text.split(";").map((pair) => pair.split(",").map(Number));
  return found.filter((pair) => pair.length === 2 && pair.every(Number.isInteger)).map(([x, y]) => ({ x, y }));
}

function rangesOf(text: string): Record<string, RangeSetting> {
  const found: Record<string, RangeSetting> = {};
  for (const one of text ? text.split(";") : []) {
    const [row, mode, low, high, colormap] = one.split(BETWEEN);
    if (["auto", "row", "lock"].includes(mode) && Number.isFinite(Number(low)) && Number.isFinite(Number(high))) {
      found[row] = { mode: mode as Mode, low: Number(low), high: Number(high), colormap: colormap ?? "" };
    }
  }
  return found;
}

function selectionOf(text: string): Selection | null {
  const [network, site, target, source] = text.split(BETWEEN);
  return network && site && target ? { network, site, target, source: source || null } : null;
}
