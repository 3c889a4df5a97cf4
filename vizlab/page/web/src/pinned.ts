/** A pinned analysis beside the one on show: its layers, and what differs between the two. */

import type { Document, LayerInfo } from "./document";
import { comparison } from "./made";

export const PINNED = "pinned|";

/** `document` with the layers of `pinned` and, where both have one of a kind, the difference: now less pinned. */
export function withPinned(document: Document, pinned: Document): Document {
  const before = pinned.layers.filter((layer) => !layer.made).map((layer) => asPinned(layer, pinned));
  const keys = new Map(before.map((layer) => [layer.key, layer]));
  const same = document.picture.size.join() === pinned.picture.size.join();
  const differences = same ? document.layers.flatMap((layer) => difference(layer, keys.get(PINNED + layer.key))) : [];
  return { ...document, layers: [...document.layers, ...before, ...differences] };
}

function asPinned(layer: LayerInfo, pinned: Document): LayerInfo {
  return { ...layer, key: PINNED + layer.key, group: PINNED + layer.group, title: `${layer.title}, pinned (${pinned.picture.title})`, home: pinned.key };
}

function difference(now: LayerInfo, before: LayerInfo | undefined): LayerInfo[] {
  const by = before && !now.made && !now.site ? comparison(now, before) : null;
  if (!by || !before || now.values!.id === before.values!.id) return [];
  const end = by === "difference" ? (now.high - now.low) / 4 : 60;
  return [{
    ...now, key: `difference|${now.key}`, title: `${now.title}, now less pinned`, values: null, made: { by, of: [before.key, now.key] },
    kind: by === "mismatch" ? "mask" : by === "angle" ? "scalar" : "signed", row: `difference ${now.row}`, digits: by === "angle" ? 1 : now.digits,
    unit: by === "angle" ? "°" : now.unit, colormap: by === "angle" ? "magma" : "diverging", low: by === "angle" ? 0 : -end, high: end,
    sentence: by === "mismatch" ? "Where the class is another one than in the pinned analysis." : "This analysis less the pinned one.",
  }];
}
