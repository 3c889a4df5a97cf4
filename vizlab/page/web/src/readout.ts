/** What every layer says of one pixel, or of a region, in words. */

import type { Document, LayerInfo } from "./document";
import { fixed, percent, withUnit } from "./format";
import { indexAt, type Point } from "./geometry";
import { classShares, summary, type Region } from "./stats";
import type { Loaded } from "./store";

const VOID = 255;

export function className(document: Document, index: number): string {
  return index === VOID ? "void" : (document.classes.names[index] ?? `class ${index}`);
}

/** The value of a layer at a pixel, as it is read out; empty for a photograph. */
export function valueAt(document: Document, layer: Loaded, pixel: Point): string {
  if (layer.picture) return "";
  const { grid, info } = layer;
  const i = indexAt(pixel, info, grid);
  const plane = grid.rows * grid.columns;
  if (info.kind === "classes") return className(document, grid.data[i]);
  if (info.kind === "mask") return Number.isNaN(grid.data[i]) ? "–" : grid.data[i] ? "differs" : "agrees";
  if (info.kind === "normals" || info.kind === "colour") {
    const parts = [0, 1, 2].map((axis) => grid.data[i + axis * plane]);
    if (parts.some(Number.isNaN)) return "–";
    return info.kind === "colour" ? parts.join(" ") : parts.map((part) => fixed(part, info.digits)).join(" ");
  }
  return withUnit(grid.data[i], info.digits, info.unit);
}

/** One line of a layer over a region: its mean and span, or its classes, or how much of it differs. */
export function regionLine(document: Document, layer: Loaded, region: Region): string {
  if (layer.picture || layer.info.kind === "colour") return "";
  if (layer.info.kind === "classes") return classesIn(document, layer, region);
  if (layer.info.kind === "normals") return meanDirection(layer, region);
  const found = summary(layer.grid, layer.info, region);
  if (!found.count) return "–";
  if (layer.info.kind === "mask") return `differs on ${percent(found.mean)}`;
  const { digits, unit } = layer.info;
  const unknown = found.count < found.of ? `, ${percent(1 - found.count / found.of)} unknown` : "";
  return `mean ${withUnit(found.mean, digits, unit)} (${fixed(found.low, digits)} to ${fixed(found.high, digits)}${unknown})`;
}

function classesIn(document: Document, layer: Loaded, region: Region): string {
  const shares = classShares(layer.grid, layer.info, region);
  const shown = shares.slice(0, 4).map(([index, share]) => `${className(document, index)} ${percent(share)}`);
  return shares.length > 4 ? `${shown.join(", ")}, +${shares.length - 4} more` : shown.join(", ");
}

function meanDirection(layer: Loaded, region: Region): string {
  const { grid, info } = layer;
  const plane = grid.rows * grid.columns;
  const means = [0, 1, 2].map((axis) => {
    const part = { ...grid, data: grid.data.subarray(axis * plane, (axis + 1) * plane) };
    return summary(part, info, region).mean;
  });
  return means.some(Number.isNaN) ? "–" : `mean ${means.map((mean) => fixed(mean, info.digits)).join(" ")}`;
}

/** The name of a layer among others: its network first. */
export function titleOf(document: Document, info: LayerInfo): string {
  const network = document.networks.find((one) => info.group === one.name);
  if (network) return `${network.title} · ${info.title}`;
  const own = document.networks.find((one) => info.group.startsWith(one.name));
  return own ? `${own.title}${info.group.slice(own.name.length)} · ${info.title}` : info.title;
}
