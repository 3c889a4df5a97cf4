/** The instrument: pictures, inspector, legend and network map, and what a person has set, in one. */

import type { Document, LayerInfo } from "./document";
import { kept } from "./geometry";
import { h } from "./html";
import { Inspector } from "./inspector";
import { keyAction } from "./keys";
import { Legend } from "./legend";
import { networkMap, type NetworkMap } from "./map";
import { withPinned } from "./pinned";
import { chosen, presets } from "./presets";
import { START, resized, type Selection, type State } from "./state";
import { Store, type Fetch } from "./store";
import { Toolbar } from "./toolbar";
import { Viewer } from "./viewer";

/** Who shows the instrument: a page with a server behind it, a file, a notebook. */
export interface Host {
  fetch: Fetch;
  /** Something that belongs into the address was set. */
  changed?: (state: State) => void;
  selected?: (selection: Selection) => void;
  /** The next (1) or the previous (-1) bundled scene. */
  scene?: (delta: number) => void;
  openMethod?: (family: string) => void;
  /** Where a server makes figures and files of an analysis; a file by itself has none. */
  exports?: string;
}

/** So long nobody has to wait for what he sees before the rest is fetched. */
const IDLE = 300;
/** Below so many pixels of width the inspector stands under the pictures. */
const NARROW = 720;
/** So long nothing must change before the address is written: browsers refuse a hundred entries at once. */
const QUIET = 120;

export class Instrument {
  readonly element = h("div", { class: "vv" });
  readonly viewer: Viewer;
  document: Document | null = null;
  private readonly store: Store;
  private readonly toolbar: Toolbar;
  private readonly inspector: Inspector;
  private readonly legend: Legend;
  private readonly mapBox = h("div", { class: "vv-map" });
  private readonly said = h("p", { class: "vv-said", "aria-live": "polite" });
  private map: NetworkMap | null = null;
  private pinned: Document | null = null;
  private original: Document | null = null;
  private frame = 0;
  private writing = 0;

  constructor(private readonly host: Host, state: State = START) {
    this.store = new Store(host.fetch);
    this.viewer = new Viewer(this.store, {
      state: (patch) => this.changed(patch),
      cursor: () => this.soon(),
      loaded: () => this.drawTexts(),
      range: (_row, layer) => this.document && this.toolbar.edit(this.document, this.state, layer),
    });
    this.viewer.state = state;
    this.toolbar = new Toolbar({
      set: (patch) => this.set(patch), zoomBy: (factor) => this.viewer.zoomBy(factor), whole: () => this.viewer.zoomTo({ k: 1, x: 0.5, y: 0.5 }),
      fullScreen: () => this.fullScreen(), pin: () => this.pin(), present: () => this.present(),
    });
    this.inspector = new Inspector(this.store, {
      removeProbe: (index) => this.set({ probes: this.state.probes.filter((_, at) => at !== index) }),
      clear: () => this.set({ probes: [], region: null }),
      step: (delta) => this.map?.step(delta), showSite: () => this.set({ preset: "site" }),
      openMethod: (family) => this.host.openMethod?.(family),
    });
    this.legend = new Legend(this.store, (highlighted) => this.set({ highlighted }));
    this.element.append(
      this.toolbar.element,
      h("div", { class: "vv-stage" }, this.viewer.element, this.legend.element),
      this.inspector.element,
      h("div", { class: "vv-network-map" }, this.measure, this.mapBox, this.said),
    );
    document.addEventListener("keydown", this.onKey);
    new ResizeObserver(() => this.element.classList.toggle("vv-narrow", this.element.clientWidth < NARROW)).observe(this.element);
  }

  get state(): State { return this.viewer.state; }

  set(patch: Partial<State>): void { this.viewer.set(patch); }

  /** Another analysis; all that was set stays. */
  open(document: Document): void {
    if (this.original && this.original.key !== document.key) {
      const moved = resized(this.state, this.original.picture.size, document.picture.size);
      this.viewer.state = moved;
    }
    this.original = document;
    this.document = this.pinned && this.pinned.key !== document.key ? withPinned(document, this.pinned) : document;
    delete this.toolbar.element.dataset.ready;
    this.viewer.open(this.document);
    this.drawMap();
    this.drawTexts();
    setTimeout(() => void this.prefetch(document), IDLE);
  }

  destroy(): void {
    document.removeEventListener("keydown", this.onKey);
    this.map?.destroy();
    this.element.remove();
  }

  private readonly measure = this.measures();

  private measures(): HTMLElement {
    const choice = (value: State["measure"], text: string, title: string) => h("label", { title }, h("input", { type: "radio", name: "vv-measure", value, change: () => this.set({ measure: value }) }), text);
    return h("div", { class: "vv-measures", role: "group", "aria-label": "what the width of a crossing is" },
      h("b", {}, "network map"),
      choice("share", "this picture’s share", "the share of the variance of a target’s output that came from each sender, in this picture"),
      choice("fixed", "same for every picture", "what the weights alone say: the exchanged fraction, the norm of a block"));
  }

  /** Draws what a change touches; the address is written when nothing changes for a moment. */
  private changed(patch: Partial<State>): void {
    clearTimeout(this.writing);
    this.writing = window.setTimeout(() => this.settled(), QUIET);
    const document = this.document;
    if (!document) return;
    const touches = (...names: (keyof State)[]) => names.some((name) => name in patch);
    this.toolbar.draw(document, this.state, this.pinned?.picture.title ?? null);
    if (touches("site", "measure")) this.drawMap();
    if (touches("preset", "cells", "site", "highlighted", "palette")) this.legend.draw(document, this.state, this.viewer.layers);
    if (touches("preset", "cells", "site", "region")) this.inspector.summarise(document, this.state, this.viewer.layers);
    if (touches("site")) this.inspector.showSite(document, this.state.site);
    if (touches("probes")) this.soon();
  }

  /** Nothing has changed for a moment: the address, and what can be taken along, follow. */
  private settled(): void {
    this.host.changed?.(this.state);
    this.offerExports(this.viewer.layers);
  }

  /** Figures and numbers of what is on show, as far as the server has it: what the browser pinned it does not know. */
  private offerExports(shown: LayerInfo[]): void {
    const { original } = this;
    if (!original || !this.host.exports) return;
    const known = new Set(original.layers.map((layer) => layer.key));
    this.toolbar.offer(original, this.state, shown.map((layer) => layer.key).filter((key) => known.has(key)), this.host.exports);
  }

  private drawTexts(): void {
    const document = this.document;
    if (!document) return;
    const shown = this.viewer.layers;
    this.offerExports(shown);
    this.toolbar.draw(document, this.state, this.pinned?.picture.title ?? null);
    this.legend.draw(document, this.state, shown);
    this.inspector.summarise(document, this.state, shown);
    this.inspector.showSite(document, this.state.site);
    this.point();
  }

  /** With the next frame: a pointer moves more often than a screen is drawn. */
  private soon(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.point());
  }

  private point(): void {
    if (this.document) this.inspector.point(this.document, this.state, this.viewer.place, this.viewer.cursor !== null);
  }

  private drawMap(): void {
    const document = this.document!;
    const options = { selected: this.state.site, measure: this.state.measure, onSelect: (s: Selection) => this.select(s), onHover: (text: string | null) => { this.said.textContent = text ?? ""; } };
    for (const input of this.measure.querySelectorAll("input")) input.checked = input.value === this.state.measure;
    if (this.map) this.map.update(document.networks, options);
    else this.map = networkMap(this.mapBox, document.networks, options);
  }

  /** As if it was clicked on the map. */
  select(site: Selection): void {
    this.set({ site, preset: "site" });
    this.host.selected?.(site);
    if (this.document) void this.load(this.document, this.document.layers.filter((l) => l.group === site.network && l.site === site.site));
  }

  /** Values that the inspector reads out though no picture shows them. */
  private async prefetch(document: Document): Promise<void> {
    const wanted = document.layers.filter((layer) => !layer.site && !layer.made && !layer.key.includes("|scale_") && !layer.key.endsWith("|entropy"));
    const errors = document.layers.filter((layer) => layer.made && layer.key.endsWith("|error"));
    await this.load(document, [...wanted, ...errors]);
    if (this.original === document) this.toolbar.element.dataset.ready = "yes";
  }

  private async load(document: Document, layers: LayerInfo[]): Promise<void> {
    for (const layer of layers) {
      if (this.original !== document && this.document !== document) return;
      await this.store.load(document, layer).catch(() => undefined);
    }
    this.drawTexts();
  }

  private pin(): void {
    this.pinned = this.pinned ? null : this.original;
    if (this.original) this.open(this.original);
  }

  private fullScreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void this.element.requestFullscreen?.();
  }

  private present(): void {
    document.body.classList.toggle("vv-presenting");
    this.viewer.arrange();
  }

  /** Keys work wherever the instrument is in sight, except while somebody types. */
  private readonly onKey = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (!this.document || event.ctrlKey || event.metaKey || event.altKey || !this.element.getClientRects().length) return; // what is fixed over the page has no offsetParent
    if (target.closest("input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]")) return;
    const inside = this.element.contains(target) && !target.closest(".vv-map, input");
    const action = keyAction(event.key, event.shiftKey, inside || target === document.body);
    if (!action) return;
    event.preventDefault();
    this.act(action);
  };

  private act(action: NonNullable<ReturnType<typeof keyAction>>): void {
    const viewer = this.viewer;
    if (action.do === "move") return this.move(action.x, action.y);
    if (action.do === "zoom") return action.by ? viewer.zoomBy(action.by) : viewer.zoomTo({ k: 1, x: 0.5, y: 0.5 });
    if (action.do === "site") return this.map?.step(action.by);
    if (action.do === "scene") return this.host.scene?.(action.by);
    if (action.do === "layer") return this.choose(action.index);
    if (action.do === "full screen") return this.fullScreen();
    if (action.do === "present") return this.present();
    if (action.do === "probe") return viewer.place ? viewer.addProbe(viewer.place) : undefined;
    if (document.body.classList.contains("vv-presenting")) return this.present();
    this.set({ probes: [], region: null, highlighted: null });
  }

  private choose(index: number): void {
    const one = presets(this.document!, this.state)[index];
    if (one) this.set({ preset: one.name });
  }

  /** The crosshair by so many kept pixels; from the middle of what is in sight where there is none. */
  private move(x: number, y: number): void {
    const { picture: { size }, sampling } = this.document!;
    const { zoom } = this.state;
    const from = this.viewer.place ?? { x: zoom.x * size[1], y: zoom.y * size[0] };
    const { stride } = sampling;
    this.viewer.pointAt({ x: kept(from.x + x * stride, size[1], sampling), y: kept(from.y + y * stride, size[0], sampling) });
  }

  /** The name of what the pictures show. */
  get preset(): string { return this.document ? (chosen(this.document, this.state)?.name ?? "") : ""; }
}
