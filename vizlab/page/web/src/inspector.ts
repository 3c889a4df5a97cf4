/** Beside the pictures: what every layer says of the place that is pointed at, the probes, a region, the site. */

import type { Document, LayerInfo, Network, SiteInfo } from "./document";
import { fixed } from "./format";
import type { Point } from "./geometry";
import { fill, h } from "./html";
import { answers } from "./presets";
import { regionLine, titleOf, valueAt } from "./readout";
import type { Selection, State } from "./state";
import type { Loaded, Store } from "./store";

export interface Actions {
  removeProbe: (index: number) => void;
  clear: () => void;
  step: (delta: number) => void;
  showSite: () => void;
  openMethod: (family: string) => void;
}

type Look = (layer: LayerInfo) => Loaded | null;

export class Inspector {
  readonly element = h("aside", { class: "vv-inspector", "aria-label": "inspector" });
  private readonly place = h("section", { class: "vv-place" });
  private readonly here = h("div");
  private readonly kept = h("div");
  private readonly rest = h("div");
  private readonly region = h("section", { class: "vv-region" });
  private readonly site = h("section", { class: "vv-site" });

  constructor(private readonly store: Store, private readonly actions: Actions) {
    this.place.append(this.here, this.kept, this.rest);
    this.element.append(this.place, this.region, this.site);
  }

  /** Everything that is known of `place` now; layers that are not there yet are left out. */
  point(document: Document, state: State, place: Point | null, cursor: boolean): void {
    const look: Look = (layer) => this.store.get(document, layer);
    const head = place ? `pixel (${place.x}, ${place.y})` : "point at a picture";
    const hint = place ? (cursor ? "click keeps it as a probe" : "") : "Every network's answer there is read out here.";
    fill(this.here, h("h4", {}, head, h("small", {}, hint)), place && answersTable(document, look, place));
    // The pointer leaves the picture on its way to a probe's button, which must not be another when it gets there.
    const probes = this.probes(document, look, state);
    if (probes?.outerHTML !== this.kept.firstElementChild?.outerHTML) fill(this.kept, probes);
    fill(this.rest, place && every(document, look, place));
  }

  private probes(document: Document, look: Look, state: State): HTMLElement | null {
    if (!state.probes.length) return null;
    const lines = state.probes.map((probe, index) => {
      const remove = h("button", { type: "button", "aria-label": `remove probe ${index + 1}`, click: () => this.actions.removeProbe(index) }, "×");
      return h("tr", {}, h("th", {}, h("b", { class: "vv-number" }, String(index + 1)), ` (${probe.x}, ${probe.y})`), h("td", {}, brief(document, look, probe)), h("td", {}, remove));
    });
    const clear = h("button", { type: "button", class: "vv-quiet", click: () => this.actions.clear() }, "remove all");
    return h("div", { class: "vv-probes" }, h("h5", {}, "probes", clear), h("table", {}, h("tbody", {}, ...lines)));
  }

  summarise(document: Document, state: State, shown: LayerInfo[]): void {
    const region = state.region;
    if (!region) return fill(this.region);
    const lines = [...new Set(shown)].flatMap((layer) => {
      const loaded = this.store.get(document, layer);
      const text = loaded && regionLine(document, loaded, region);
      return text ? [h("tr", {}, h("th", {}, titleOf(document, layer)), h("td", {}, text))] : [];
    });
    const [width, height] = [region.x1 - region.x0 + 1, region.y1 - region.y0 + 1];
    const clear = h("button", { type: "button", "aria-label": "remove the region", click: () => this.actions.clear() }, "×");
    fill(this.region, h("h4", {}, `region ${width} × ${height}`, h("small", {}, `from (${region.x0}, ${region.y0})`), clear), h("table", { class: "vv-lines" }, h("tbody", {}, ...lines)));
  }

  showSite(document: Document, selection: Selection | null): void {
    const network = document.networks.find((one) => one.name === selection?.network);
    const site = network?.flow?.sites.find((one) => one.name === selection?.site);
    if (!network || !site || !selection) return fill(this.site);
    const edges = site.edges.filter((edge) => edge.target === selection.target && edge.source !== edge.target);
    const sentences = edges.length ? edges.map((edge) => h("p", {}, edge.sentence)) : [site.sentences[""], site.sentences[selection.target]].filter(Boolean).map((text) => h("p", {}, text));
    fill(this.site, h("h4", {}, `${network.title} · ${site.title}`), h("code", {}, site.name), ...sentences, this.buttons(network, site));
  }

  private buttons(network: Network, site: SiteInfo): HTMLElement {
    const button = (text: string, label: string, click: () => void) => h("button", { type: "button", title: label, "aria-label": label, click }, text);
    return h(
      "div", { class: "vv-buttons" },
      button("‹", "previous site ([)", () => this.actions.step(-1)),
      button("›", "next site (])", () => this.actions.step(1)),
      site.edges.length ? button("maps", "its maps over the photograph", () => this.actions.showSite()) : null,
      button(`${network.method} in detail`, `the tab of ${network.method}`, () => this.actions.openMethod(network.family)),
    );
  }
}

/** A row per network: its class and how sure it is, depth, angle to the reference. */
function answersTable(document: Document, look: Look, place: Point): HTMLElement {
  const rows = document.networks.map((network) => line(network.title, network.name, answerCells(document, network, look, place)));
  const pictures = ["picture|depth", "reference|semseg", "reference|depth"].flatMap((key) => {
    const layer = document.layers.find((one) => one.key === key);
    const loaded = layer && look(layer);
    return loaded ? [line(layer.title, key, [valueAt(document, loaded, place)])] : [];
  });
  return h("table", { class: "vv-answers" }, h("tbody", {}, ...rows, ...pictures));
}

function line(title: string, name: string, cells: string[]): HTMLElement {
  const values = cells.filter(Boolean).flatMap((cell, at) => [at ? "  " : "", h("span", {}, cell)]);
  return h("tr", { "data-of": name }, h("th", {}, title), h("td", {}, ...values));
}

function answerCells(document: Document, network: Network, look: Look, place: Point): string[] {
  return answers(document, network).map(([task, layer]) => {
    const loaded = look(layer);
    if (!loaded) return "…";
    if (task === "normals") return againstReference(document, network, look, place);
    const sure = document.layers.find((one) => one.key === `${layer.key}|confidence`);
    const confidence = sure && look(sure);
    const value = valueAt(document, loaded, place);
    return confidence ? `${value} ${valueAt(document, confidence, place).replace(/^0/, "")}` : value;
  });
}

/** Directions as three numbers are hard to read: the angle to the reference says more, where there is one. */
function againstReference(document: Document, network: Network, look: Look, place: Point): string {
  const error = document.layers.find((one) => one.key === `${network.name}|normals|error`);
  const loaded = error && look(error);
  return loaded ? valueAt(document, loaded, place).replace("°", "° off") : "";
}

/** What stands in a probe's line: the class of every network that names one, or its depth. */
function brief(document: Document, look: Look, place: Point): string {
  const said = document.networks.flatMap((network) => answers(document, network).slice(0, 1).map(([, layer]) => look(layer)));
  const values = said.filter((loaded): loaded is Loaded => loaded !== null).map((loaded) => valueAt(document, loaded, place));
  return values.every((value) => value === values[0]) ? (values[0] ?? "") : values.join(" / ");
}

/** All layers that are there, each with its value. */
function every(document: Document, look: Look, place: Point): HTMLElement {
  const lines = document.layers.flatMap((layer) => {
    const loaded = look(layer);
    const text = loaded && valueAt(document, loaded, place);
    return text ? [h("tr", { "data-layer": layer.key }, h("th", { title: layer.sentence }, titleOf(document, layer)), h("td", {}, text))] : [];
  });
  return h("details", { class: "vv-every", open: every.open, toggle: (event: Event) => { every.open = (event.target as HTMLDetailsElement).open; } },
    h("summary", {}, `every layer here (${fixed(lines.length, 0)})`), h("table", { class: "vv-lines" }, h("tbody", {}, ...lines)));
}
/** Stays as it was left while the pointer moves. */
every.open = false;
