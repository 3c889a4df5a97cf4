/** Under every map: its colours with both ends, and how much lies beyond them. */

import type { Range } from "./colour";
import type { Document, LayerInfo } from "./document";
import { fixed, percent } from "./format";
import { h } from "./html";
import { beyond } from "./stats";
import type { Loaded } from "./store";

const STOPS = 16;

export function rangeBar(
  document: Document, layer: LayerInfo, loaded: Loaded | null, range: Range & { colormap: string }, open: () => void,
): HTMLElement | null {
  if (layer.kind === "normals") return h("span", { class: "vv-note" }, "right red, up green, towards blue");
  if (layer.kind === "mask") return h("span", { class: "vv-note" }, loaded ? `${percent(shareOf(loaded))} of the known pixels` : "");
  if (layer.kind !== "scalar" && layer.kind !== "signed") return null;
  const out = loaded && beyond(loaded.grid, range.low, range.high);
  const digits = Math.min(layer.digits, range.high - range.low >= 10 ? 1 : 2);
  const [low, high] = [fixed(range.low, digits), fixed(range.high, digits)];
  const marks = out && (out.below || out.above) ? `; ${percent(out.below)} below, ${percent(out.above)} above (striped)` : "";
  const label = `colour range ${low} to ${high}${layer.unit ? ` ${layer.unit}` : ""}${marks}`;
  return h(
    "button", { type: "button", class: "vv-bar", title: `${label}. Click to set it.`, "aria-label": label, click: open },
    h("span", {}, `${out?.below ? "◂" : ""}${low}`),
    h("i", { style: `background:linear-gradient(90deg,${gradient(document.colormaps[range.colormap] ?? "")})` }),
    h("span", {}, `${high}${layer.unit ? (layer.unit === "°" ? "°" : ` ${layer.unit}`) : ""}${out?.above ? "▸" : ""}`),
  );
}

export function gradient(colours: string): string {
  const count = colours.length / 6;
  return Array.from({ length: STOPS }, (_, i) => {
    const at = Math.round((i / (STOPS - 1)) * (count - 1));
    return `#${colours.slice(6 * at, 6 * at + 6)}`;
  }).join(",");
}

/** Of the pixels that are known, those where the mask holds. */
function shareOf(loaded: Loaded): number {
  let [known, yes] = [0, 0];
  for (const value of loaded.grid.data) if (!Number.isNaN(value)) [known, yes] = [known + 1, yes + value];
  return known ? yes / known : NaN;
}
