/** The linked viewer: cells that zoom together, one crosshair in all of them, layers one may choose. */

import { select } from "d3-selection";
import { zoom as d3zoom, zoomIdentity, type D3ZoomEvent, type ZoomTransform } from "d3-zoom";
import { Cell, type Look } from "./cell";
import { table, type Range } from "./colour";
import type { Document, LayerInfo } from "./document";
import { clamped, pixelAt, toPicture, view, WHOLE, type Point, type Zoom } from "./geometry";
import { fill, h } from "./html";
import { chosen, columnsFor, PHOTOGRAPH } from "./presets";
import { rangeOf } from "./ranges";
import { rangeBar } from "./rangebar";
import { titleOf } from "./readout";
import { MOST_CELLS, START, type State } from "./state";
import { regionOf } from "./stats";
import { Store, type Loaded } from "./store";

export const MOST_ZOOM = 40;
/** Pixels of text above and below the picture of a cell. */
const TEXT = 38;
/** Of these, the colour bar, which the upper row of the overview does not have. */
const FOOT = 18;

/** Around and between the parts of an instrument that has the whole screen. */
const MARGINS = 48;

export interface Events {
  /** Something that is kept was set. */
  state: (patch: Partial<State>) => void;
  /** The pointer moved: a pixel of the picture, or nothing. */
  cursor: (cursor: Point | null) => void;
  /** Values have come that were not there. */
  loaded: () => void;
  /** A colour bar was clicked. */
  range: (row: string, layer: LayerInfo) => void;
}

interface Shown { cell: Cell; figure: HTMLElement; caption: HTMLSelectElement; foot: HTMLElement; layer: LayerInfo | null; loaded: Loaded | null; failed: string; footOf: string }

export class Viewer {
  readonly element = h("div", { class: "vv-grid", role: "group", "aria-label": "pictures, zoomed and pointed at together" });
  state: State = START;
  document: Document | null = null;
  cursor: Point | null = null;
  private last: Point | null = null;
  columns = 1;
  private cells: Shown[] = [];
  private colormaps = new Map<string, Uint32Array>();
  private photograph: Loaded | null = null;
  private drag: { from: Point; moved: boolean; region: boolean } | null = null;
  private readonly behaviour = this.zooming();
  private waiting = 0;

  constructor(readonly store: Store, private readonly events: Events) {
    new ResizeObserver(() => this.arrange()).observe(this.element);
  }

  /** Another document in place of the last; what was set stays as far as there is such a layer. */
  open(document: Document): void {
    if (this.document?.picture.size.join() !== document.picture.size.join()) this.last = null;
    this.document = document;
    this.colormaps = new Map(Object.entries(document.colormaps).map(([name, text]) => [name, table(text)]));
    this.photograph = null;
    const photo = document.layers.find((layer) => layer.key === PHOTOGRAPH);
    if (photo) this.store.load(document, photo).then((found) => {
      if (this.document === document) [this.photograph] = [found], this.draw();
    }, () => undefined);
    this.build();
  }

  set(patch: Partial<State>): void {
    const before = this.state;
    this.state = { ...before, ...patch };
    this.events.state(patch);
    if (!this.document) return;
    if (["preset", "cells", "site"].some((name) => name in patch)) this.build();
    else this.draw();
  }

  /** The layers on show. */
  get layers(): LayerInfo[] {
    return this.cells.map((one) => one.layer).filter((layer): layer is LayerInfo => layer !== null);
  }

  rangeOf(layer: LayerInfo): Range & { colormap: string } {
    return rangeOf(this.document!, layer, this.state.ranges);
  }

  /** The pixel under the crosshair, else where it was last, else the last probe. */
  get place(): Point | null {
    return this.cursor ?? this.last ?? this.state.probes.at(-1) ?? null;
  }

  pointAt(cursor: Point | null): void {
    this.cursor = cursor;
    this.last = cursor ?? this.last;
    this.events.cursor(cursor);
    const look = this.look();
    for (const one of this.cells) one.cell.point(look);
  }

  zoomTo(zoom: Zoom): void {
    this.set({ zoom: clamped(zoom, MOST_ZOOM) });
    this.synchronise();
  }

  zoomBy(factor: number): void {
    const size = this.document?.picture.size;
    const place = this.cursor;
    const { k, x, y } = this.state.zoom;
    this.zoomTo(place && size ? { k: k * factor, x: (place.x + 0.5) / size[1], y: (place.y + 0.5) / size[0] } : { k: k * factor, x, y });
  }

  addProbe(place: Point): void {
    if (this.state.probes.some((probe) => probe.x === place.x && probe.y === place.y)) return;
    this.set({ probes: [...this.state.probes, place] });
  }

  /** A picture large beside the photograph, the others small under them; again, and all are alike. */
  enlarge(index: number): void {
    this.element.dataset.large = this.element.dataset.large === String(index) ? "" : String(index);
    this.arrange();
  }

  private build(): void {
    const document = this.document!;
    const preset = chosen(document, this.state);
    if (!preset) return fill(this.element);
    const keys = preset.cells.slice(0, MOST_CELLS);
    this.columns = preset.columns;
    while (this.cells.length > keys.length) this.cells.pop()!.figure.remove();
    while (this.cells.length < keys.length) this.cells.push(this.cell(this.cells.length));
    if (Number(this.element.dataset.large || -1) >= keys.length) this.element.dataset.large = "";
    keys.forEach((key, index) => this.show(this.cells[index], document.layers.find((layer) => layer.key === key) ?? null));
    this.arrange();
  }

  private cell(index: number): Shown {
    const frame = h("div", { class: "vv-frame", tabindex: "0", role: "img" });
    const caption = h("select", { class: "vv-caption", "aria-label": `layer of picture ${index + 1}` });
    const large = h("button", { type: "button", class: "vv-large", title: "large, beside the photograph", "aria-label": `picture ${index + 1} large`, click: () => this.enlarge(index) }, "⤢");
    const foot = h("div", { class: "vv-foot" });
    const figure = h("figure", { class: "vv-cell" }, h("figcaption", {}, caption, large), frame, foot);
    const cell = new Cell(frame);
    caption.addEventListener("focus", () => this.offer(index));
    caption.addEventListener("pointerdown", () => this.offer(index));
    caption.addEventListener("change", () => this.choose(index, caption.value));
    this.element.append(figure);
    this.listen(cell, index);
    return { cell, figure, caption, foot, layer: null, loaded: null, failed: "", footOf: "" };
  }

  /** All layers as choices of a cell: made when they are wanted, there are hundreds. */
  private offer(index: number): void {
    const { caption } = this.cells[index];
    if (caption.dataset.of === this.document!.key) return;
    caption.dataset.of = this.document!.key;
    const value = caption.value;
    const groups = new Map<string, LayerInfo[]>();
    for (const layer of this.document!.layers) groups.set(layer.group, [...(groups.get(layer.group) ?? []), layer]);
    fill(caption, ...[...groups].map(([group, layers]) => {
      const options = layers.map((layer) => h("option", { value: layer.key }, layer.site ? `${layer.site} ${layer.title}` : titleOf(this.document!, layer)));
      return h("optgroup", { label: group }, ...options);
    }));
    caption.value = value;
  }

  private choose(index: number, key: string): void {
    const cells = this.cells.map((one, at) => (at === index ? key : (one.layer?.key ?? PHOTOGRAPH)));
    this.set({ preset: "own", cells });
  }

  private show(shown: Shown, layer: LayerInfo | null): void {
    const document = this.document!;
    shown.layer = layer;
    shown.failed = "";
    const title = layer ? titleOf(document, layer) : "";
    if (shown.caption.dataset.of !== document.key) fill(shown.caption, h("option", { value: layer?.key ?? "" }, title));
    shown.caption.value = layer?.key ?? "";
    shown.caption.title = layer ? `${title}. ${layer.sentence}` : "";
    shown.cell.frame.setAttribute("aria-label", layer ? `${title}. ${layer.sentence}` : "empty");
    if (!layer) return;
    shown.loaded = this.store.get(document, layer);
    if (shown.loaded) return;
    this.waiting++;
    this.store.load(document, layer).then(
      (found) => { if (shown.layer === layer && this.document === document) shown.loaded = found; },
      (error: Error) => { shown.failed = error.message; },
    ).finally(() => {
      this.waiting--;
      this.events.loaded();
      if (this.document === document) this.drawOne(shown, this.look());
    });
  }

  /** Whether values are still on their way. */
  get loading(): boolean { return this.waiting > 0; }

  /** Columns and sizes for the room there is. */
  arrange(): void {
    if (!this.document || !this.cells.length) return;
    const [height, width] = this.document.picture.size;
    const aspect = width / height;
    const room = this.element.clientWidth;
    const large = this.element.dataset.large;
    const narrow = room < 560;
    const tall = this.tall(room, aspect);
    const columns = narrow ? Math.min(2, this.cells.length) : this.columns && room / this.columns > 104 ? this.columns : columnsFor(this.cells.length, aspect, room, tall, TEXT);
    const rows = Math.ceil(this.cells.length / columns);
    const side = Math.min(room / columns - 6, narrow ? Infinity : (tall / rows - TEXT) * aspect);
    // Columns stay under each other where the height, not the width, decides how large they are.
    const spare = large || narrow ? 0 : Math.max(0, room - columns * (Math.floor(Math.max(60, side)) + 6));
    this.element.style.setProperty("--spare", `${Math.floor(spare)}px`);
    this.element.style.minHeight = narrow ? "" : `${Math.round(tall) - FOOT}px`;
    this.element.style.setProperty("--columns", String(columns));
    this.element.style.setProperty("--side", `${Math.floor(Math.max(60, side))}px`);
    this.element.style.setProperty("--aspect", `${width} / ${height}`);
    this.cells.forEach((one, index) => {
      one.figure.classList.toggle("vv-big", Boolean(large) && (String(index) === large || (index === 0 && large !== "0")));
      one.figure.classList.toggle("vv-small", Boolean(large) && String(index) !== large && index !== 0);
    });
    if (large) this.element.style.setProperty("--big", `${Math.floor(Math.min(room / 2 - 8, (tall - TEXT) * aspect))}px`);
    this.synchronise();
    this.draw();
  }

  /** The height of the overview, whatever is shown: what stands below does not jump. */
  private tall(room: number, aspect: number): number {
    const most = this.filling() ?? (Number.parseFloat(getComputedStyle(this.element).getPropertyValue("--tall")) || 330);
    const across = Math.min(this.document!.networks.length, MOST_CELLS / 2 - 1) + 1;
    return Math.max(220, Math.min(most, 2 * (Math.max(104, room / across - 6) / aspect + TEXT)));
  }

  /** What the screen has left for the pictures where the instrument has all of it. */
  private filling(): number | null {
    const whole = this.element.closest<HTMLElement>(".vv");
    if (!whole || !(window.document.body.classList.contains("vv-presenting") || window.document.fullscreenElement === whole)) return null;
    const others = [".vv-tools", ".vv-legend", ".vv-network-map"].map((name) => whole.querySelector<HTMLElement>(name)?.offsetHeight ?? 0);
    return Math.max(220, window.innerHeight - others.reduce((sum, one) => sum + one, 0) - MARGINS);
  }

  private look(): Look {
    const { zoom, opacity, wipe, smooth, palette, highlighted, probes, region } = this.state;
    const document = this.document!;
    return {
      size: document.picture.size, zoom, opacity, wipe, smooth, highlighted, probes, region, cursor: this.cursor,
      palette: document.classes.palettes[palette], photograph: this.photograph,
    };
  }

  draw(): void {
    if (!this.document) return;
    this.element.dataset.scene = this.document.picture.scene ?? this.document.picture.title;
    this.element.dataset.zoom = String(Number(this.state.zoom.k.toFixed(2)));
    const look = this.look();
    for (const one of this.cells) this.drawOne(one, look);
  }

  private drawOne(one: Shown, look: Look): void {
    const layer = one.layer;
    if (!layer) return;
    const range = this.rangeOf(layer);
    one.cell.draw(one.loaded, look, range, this.colormaps.get(range.colormap) ?? this.colormaps.get("viridis")!);
    one.cell.point(look);
    one.figure.classList.toggle("vv-loading", !one.loaded && !one.failed);
    one.figure.dataset.key = layer.key;
    this.drawFoot(one, layer, range);
  }

  /** The colour bar, anew only where it says something else. */
  private drawFoot(one: Shown, layer: LayerInfo, range: Range & { colormap: string }): void {
    const id = [this.document!.key, layer.key, Boolean(one.loaded), range.low, range.high, range.colormap, one.failed].join("|");
    if (one.footOf === id) return;
    one.footOf = id;
    const bar = () => rangeBar(this.document!, layer, one.loaded, range, () => this.events.range(layer.row || layer.key, layer));
    fill(one.foot, one.failed ? h("span", { class: "vv-failed" }, one.failed) : bar());
  }

  private listen(cell: Cell, index: number): void {
    const { overlay } = cell;
    const pixel = (event: MouseEvent): Point | null => {
      if (!this.document) return null;
      const box = overlay.getBoundingClientRect();
      return pixelAt(toPicture(cell.view(this.look()), event.clientX - box.left, event.clientY - box.top), this.document.picture.size, this.document.sampling);
    };
    overlay.addEventListener("pointermove", (event) => {
      const at = pixel(event);
      if (this.drag && at) {
        this.drag.moved ||= at.x !== this.drag.from.x || at.y !== this.drag.from.y;
        if (this.drag.region && this.drag.moved) this.set({ region: regionOf(this.drag.from, at, this.document!.sampling) });
      }
      this.pointAt(at);
    });
    overlay.addEventListener("pointerleave", () => { if (!this.drag) this.pointAt(null); });
    overlay.addEventListener("pointerdown", (event) => {
      cell.frame.focus({ preventScroll: true });
      const from = pixel(event);
      if (!from || event.button !== 0) return;
      this.drag = { from, moved: false, region: this.dragsRegion(event) };
      if (this.drag.region) overlay.setPointerCapture(event.pointerId);
    });
    overlay.addEventListener("pointerup", (event) => {
      const drag = this.drag;
      this.drag = null;
      const at = pixel(event);
      if (drag && !drag.moved && at && at.x === drag.from.x && at.y === drag.from.y) this.addProbe(at);
    });
    overlay.addEventListener("dblclick", () => this.enlarge(index));
    select<Element, unknown>(overlay).call(this.behaviour as never).on("dblclick.zoom", null);
  }

  /** Dragging draws a region, unless there is something to pan. */
  private dragsRegion(event: { shiftKey: boolean }): boolean {
    return this.state.zoom.k === 1 || event.shiftKey;
  }

  private zooming() {
    return d3zoom<HTMLCanvasElement, unknown>()
      .scaleExtent([1, MOST_ZOOM])
      .filter((event: MouseEvent & WheelEvent) => {
        if (event.type === "wheel") return event.ctrlKey || event.metaKey || this.state.zoom.k > 1 || this.element.contains(window.document.activeElement);
        return event.type.startsWith("touch") || (!event.button && !this.dragsRegion(event));
      })
      .extent(function () { return [[0, 0], [this.clientWidth, this.clientHeight]]; })
      .constrain((transform, extent) => this.transformOf(clamped(this.zoomOf(transform, extent), MOST_ZOOM), extent))
      .on("zoom", (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => {
        if (!event.sourceEvent || !this.document) return;
        const box = event.sourceEvent.target as HTMLElement;
        const zoom = this.zoomOf(event.transform, [[0, 0], [box.clientWidth, box.clientHeight]]);
        this.set({ zoom: clamped(zoom, MOST_ZOOM) });
        this.synchronise();
      });
  }

  /** d3 keeps, per element, a transform of the cell's pixels; here all cells share what they show. */
  private zoomOf(transform: ZoomTransform, extent: [[number, number], [number, number]]): Zoom {
    const [width, height] = extent[1];
    const size = this.document?.picture.size ?? [1, 1];
    const whole = view(WHOLE, size, width, height);
    const middle = toPicture(
      { k: whole.k * transform.k, tx: whole.tx * transform.k + transform.x, ty: whole.ty * transform.k + transform.y },
      width / 2, height / 2,
    );
    return { k: transform.k, x: middle.x / size[1], y: middle.y / size[0] };
  }

  private transformOf(zoom: Zoom, extent: [[number, number], [number, number]]): ZoomTransform {
    const [width, height] = extent[1];
    const size = this.document?.picture.size ?? [1, 1];
    const [whole, now] = [view(WHOLE, size, width, height), view(zoom, size, width, height)];
    return zoomIdentity.translate(now.tx - whole.tx * zoom.k, now.ty - whole.ty * zoom.k).scale(zoom.k);
  }

  private synchronise(): void {
    for (const { cell } of this.cells) {
      const element = cell.overlay as HTMLCanvasElement & { __zoom?: ZoomTransform };
      element.__zoom = this.transformOf(this.state.zoom, [[0, 0], [cell.width, cell.height]]);
    }
  }
}
