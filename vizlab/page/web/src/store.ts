/** The values of layers: fetched once, kept by their id, made from others where a layer is made. */

import { decode, gunzip, type Grid } from "./decode";
import type { Document, LayerInfo } from "./document";
import { made } from "./made";

/** Where packed values come from: a server, or the file itself. */
export type Fetch = (key: string, id: string) => Promise<ArrayBuffer>;

/** A layer with its values. `picture` stands in place of numbers for a photograph. */
export interface Loaded { info: LayerInfo; grid: Grid; picture: ImageBitmap | null }

type Found = Pick<Loaded, "grid" | "picture"> & { place: Pick<LayerInfo, "cell" | "shape"> };

const NOTHING: Grid = { rows: 0, columns: 0, planes: 0, data: new Uint8Array() };
/** So many grids are kept beyond those of the document on show. */
const KEPT = 400;

export class Store {
  private readonly grids = new Map<string, Promise<Found>>();
  private readonly ready = new Map<string, Found>();

  constructor(private readonly fetch: Fetch) {}

  /** A layer of a document, loaded; asked for twice, it is fetched once. */
  async load(document: Document, info: LayerInfo): Promise<Loaded> {
    const id = this.idOf(document, info);
    let loading = this.grids.get(id);
    if (!loading) {
      loading = this.make(document, info);
      this.grids.set(id, loading);
      loading.then((found) => this.keep(id, found), () => this.grids.delete(id));
    }
    return joined(info, await loading);
  }

  /** A layer if it is there already. */
  get(document: Document, info: LayerInfo): Loaded | null {
    const found = this.ready.get(this.idOf(document, info));
    return found ? joined(info, found) : null;
  }

  private keep(id: string, found: Found): void {
    this.ready.set(id, found);
    const oldest = this.ready.keys().next().value;
    if (this.ready.size > KEPT && oldest !== undefined) {
      this.ready.delete(oldest);
      this.grids.delete(oldest);
    }
  }

  private idOf(document: Document, info: LayerInfo): string {
    if (info.values) return info.values.id;
    return `${info.made!.by}:${info.made!.of.map((key) => this.sourceOf(document, key).values!.id).join(":")}`;
  }

  private sourceOf(document: Document, key: string): LayerInfo {
    const found = document.layers.find((layer) => layer.key === key);
    if (!found) throw new Error(`there is no layer ${key}`);
    return found;
  }

  private async make(document: Document, info: LayerInfo): Promise<Found> {
    if (info.made) {
      const [first, second] = await Promise.all(info.made.of.map((key) => this.load(document, this.sourceOf(document, key))));
      return { grid: made(info.made.by, first, second), picture: null, place: first.info };
    }
    const packed = await this.fetch(info.home ?? document.key, info.values!.id);
    if (info.values!.form === "image") return { grid: NOTHING, picture: await createImageBitmap(new Blob([packed])), place: info };
    return { grid: decode(await gunzip(packed), info), picture: null, place: info };
  }
}

function joined(info: LayerInfo, found: Found): Loaded {
  return { info: { ...info, cell: found.place.cell, shape: found.place.shape }, grid: found.grid, picture: found.picture };
}
