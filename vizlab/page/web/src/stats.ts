/** What a layer has in a region, and which range of numbers it needs. */

import type { Grid } from "./decode";
import type { LayerInfo, Sampling } from "./document";
import { indexAt, type Point } from "./geometry";

/** Pixels `x0..x1`, `y0..y1` of the picture, both ends included. */
export interface Region { x0: number; y0: number; x1: number; y1: number }

export interface Summary {
  /** Of the region's pixels, those with a value. */
  count: number;
  of: number;
  mean: number;
  low: number;
  high: number;
}

/** All pixels of the cells between two kept pixels, both ends included. */
export function regionOf(a: Point, b: Point, { stride, offset }: Sampling): Region {
  const [low, high] = [-offset, stride - 1 - offset];
  return { x0: Math.min(a.x, b.x) + low, y0: Math.min(a.y, b.y) + low, x1: Math.max(a.x, b.x) + high, y1: Math.max(a.y, b.y) + high };
}

/** Mean, least and most of the first plane over the pixels of a region: a coarse value counts as often as it has pixels there. */
export function summary(grid: Grid, layer: Pick<LayerInfo, "cell">, region: Region): Summary {
  const found = { count: 0, of: 0, mean: NaN, low: Infinity, high: -Infinity };
  let sum = 0;
  each(region, (pixel) => {
    const value = grid.data[indexAt(pixel, layer, grid)];
    found.of++;
    if (Number.isNaN(value)) return;
    found.count++;
    sum += value;
    found.low = Math.min(found.low, value);
    found.high = Math.max(found.high, value);
  });
  if (found.count) found.mean = sum / found.count;
  return found;
}

/** Of every class in a region (null: the whole layer), its share of the pixels, largest first. */
export function classShares(grid: Grid, layer: Pick<LayerInfo, "cell">, region: Region | null): [number, number][] {
  const counts = new Uint32Array(256);
  if (region) each(region, (pixel) => counts[grid.data[indexAt(pixel, layer, grid)]]++);
  else for (const index of grid.data) counts[index]++;
  const all = counts.reduce((sum, count) => sum + count, 0);
  const shares = Array.from(counts, (count, index): [number, number] => [index, count / all]);
  return shares.filter(([, share]) => share > 0).sort((a, b) => b[1] - a[1] || a[0] - b[0]);
}

/** The share of known values beyond either end. */
export function beyond(grid: Grid, low: number, high: number): { below: number; above: number } {
  let [known, below, above] = [0, 0, 0];
  const count = grid.rows * grid.columns;
  for (let i = 0; i < count; i++) {
    const value = grid.data[i];
    if (value !== value) continue;
    known++;
    if (value < low) below++;
    if (value > high) above++;
  }
  return known ? { below: below / known, above: above / known } : { below: 0, above: 0 };
}

function each(region: Region, visit: (pixel: Point) => void): void {
  for (let y = region.y0; y <= region.y1; y++) for (let x = region.x0; x <= region.x1; x++) visit({ x, y });
}
