/** Which numbers the ends of a colour bar stand for: a layer's own, those of its row, or locked ones. */

import type { Range } from "./colour";
import type { Document, LayerInfo } from "./document";
import type { RangeSetting } from "./state";

/** Layers without a row are a row of their own. */
export function rowOf(layer: Pick<LayerInfo, "row" | "key">): string {
  return layer.row || layer.key;
}

/** By itself a row shares its range, so that its pictures compare. */
export function rangeOf(
  document: Pick<Document, "layers">, layer: LayerInfo, settings: Record<string, RangeSetting>,
): Range & { colormap: string; mode: RangeSetting["mode"] } {
  const set = settings[rowOf(layer)];
  const colormap = set?.colormap || layer.colormap;
  if (set?.mode === "lock") return { low: set.low, high: set.high, colormap, mode: "lock" };
  if (set?.mode === "auto") return { low: layer.low, high: layer.high, colormap, mode: "auto" };
  const row = document.layers.filter((other) => rowOf(other) === rowOf(layer));
  return {
    low: Math.min(layer.low, ...row.map((other) => other.low)),
    high: Math.max(layer.high, ...row.map((other) => other.high)),
    colormap, mode: "row",
  };
}
