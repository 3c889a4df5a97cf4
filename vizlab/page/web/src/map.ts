/** The network map: streams as lanes, fusion sites as crossings, one scale for all networks; also the way to a site. */

import type { Network } from "./document";
import { drawn } from "./map_draw";
import { keyOf, rove, siteAbove, siteElement } from "./map_find";
import {
  layoutMap, type MapLayout, type Measure, nearest, type Place, type Row, type Selection, targetAt,
} from "./map_layout";
import { html } from "./map_svg";
import { siteSentence } from "./map_words";

export type { Measure, Selection } from "./map_layout";

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

/** Draws the map into `container`, as wide as that is, and again whenever its width changes. */
export function networkMap(container: HTMLElement, networks: Network[], options: MapOptions): NetworkMap {
  const root = html("div", { class: "vz-map" });
  container.append(root);
  let state = { networks, options };
  let layout: MapLayout = layoutMap([], 0), drawing = false;
  const draw = (reveal: boolean) => {
    drawing = true;
    layout = drawn(root, state.networks, { ...state.options, reveal });
    drawing = false;
  };
  const released = listening(root, () => ({ ...state, layout, drawing }));
  const watch = watching(container, () => draw(false));
  draw(true);
  return {
    update(next, opts) {
      const before = state.options.selected, now = opts.selected;
      state = { networks: next, options: opts };
      draw(before?.network !== now?.network || before?.site !== now?.site);
    },
    step(delta) {
      const next = step(state.networks, state.options, delta);
      // Where the focus was on a site, its ring would stay there.
      if (next && keyOf(document.activeElement, root)) siteElement(root, next.network, next.site)?.focus();
    },
    destroy() {
      watch.disconnect();
      released.abort();
      root.remove();
    },
  };
}

/** Selects the neighbour of the selected site, without a selection the first site there is, and says which that is. */
function step(networks: Network[], { selected, onSelect }: MapOptions, delta: number): Selection | null {
  const withSites = networks.filter(({ flow }) => flow?.sites.length);
  const network = withSites.find(({ name }) => name === selected?.network) ?? withSites[0];
  if (!network) return null;
  const sites = network.flow!.sites, at = sites.findIndex(({ name }) => name === selected?.site);
  const known = selected?.network === network.name && at >= 0;
  const next = sites[known ? Math.min(sites.length - 1, Math.max(0, at + delta)) : 0];
  const target = selected && next.targets.includes(selected.target) ? selected.target : next.targets[0];
  const selection = { network: network.name, site: next.name, target, source: null };
  onSelect(selection);
  return selection;
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

type Current = () => { networks: Network[]; options: MapOptions; layout: MapLayout; drawing: boolean };

/** One listener of each kind for the whole map; nothing is bound to what is drawn anew. */
function listening(root: HTMLElement, current: Current): AbortController {
  const released = new AbortController(), { signal } = released;
  let byPointer = false;
  root.addEventListener("click", (event) => clicked(event, current()), { signal });
  root.addEventListener("keydown", (event) => {
    byPointer = false;
    pressed(event, root, current());
  }, { signal });
  root.addEventListener("pointermove", (event) => hover(event.target, event, current()), { signal });
  root.addEventListener("pointerleave", () => current().options.onHover?.(null), { signal });
  root.addEventListener("pointerdown", () => (byPointer = true), { signal });
  root.addEventListener("focusin", (event) => {
    const site = siteAbove(event.target);
    if (!site || current().drawing) return;
    rove(root, site);
    if (!byPointer) current().options.onHover?.(site.getAttribute("aria-label"));
  }, { signal });
  root.addEventListener("focusout", (event) => left(event, current()), { signal });
  return released;
}

/** Drawing anew takes the focus away for a moment, which nobody needs to hear of. */
function left(event: FocusEvent, { options, drawing }: ReturnType<Current>): void {
  if (!drawing && !siteAbove(event.relatedTarget)) options.onHover?.(null);
}

function clicked(event: MouseEvent, { options, layout }: ReturnType<Current>): void {
  const found = underPointer(event.target, event, layout);
  if (found) options.onSelect(found.selection);
}

function hover(target: EventTarget | null, event: MouseEvent, { options, layout }: ReturnType<Current>): void {
  const found = underPointer(target, event, layout);
  if (!options.onHover) return;
  if (!found) return options.onHover(null);
  const edge = found.selection.source === null ? null : (target as Element).textContent;
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
