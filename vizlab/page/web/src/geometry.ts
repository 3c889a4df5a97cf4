/** Where a pixel of the picture is on the screen, and which value of a layer it shows. */

import type { Grid } from "./decode";
import type { LayerInfo, Sampling } from "./document";

/** One place in the picture, in its pixels; the first pixel reaches from 0 to 1. */
export interface Point { x: number; y: number }

/** How the picture lies in a cell of the viewer: a pixel at (x, y) is drawn at (x * k + tx, y * k + ty). */
export interface View { k: number; tx: number; ty: number }

/** Zoom of all cells together: `k` times the size at which the picture just fits; the middle of the cell shows `x`, `y` (shares of width and height). */
export interface Zoom { k: number; x: number; y: number }

export const WHOLE: Zoom = { k: 1, x: 0.5, y: 0.5 };

/** The scale at which a picture of `size` (height, width) fits into a cell. */
export function fit(size: [number, number], width: number, height: number): number {
  return Math.min(width / size[1], height / size[0]);
}

export function view(zoom: Zoom, size: [number, number], width: number, height: number): View {
  const k = fit(size, width, height) * zoom.k;
  return { k, tx: width / 2 - zoom.x * size[1] * k, ty: height / 2 - zoom.y * size[0] * k };
}

export function toPicture(view: View, left: number, top: number): Point {
  return { x: (left - view.tx) / view.k, y: (top - view.ty) / view.k };
}

export function toScreen(view: View, point: Point): [left: number, top: number] {
  return [point.x * view.k + view.tx, point.y * view.k + view.ty];
}

/** The kept pixel nearest to the one that holds a place, or null outside of the picture of `size` (height, width). */
export function pixelAt(point: Point, size: [number, number], sampling: Sampling): Point | null {
  if (point.x < 0 || point.y < 0 || point.x >= size[1] || point.y >= size[0]) return null;
  return { x: kept(point.x, size[1], sampling), y: kept(point.y, size[0], sampling) };
}

/** Of the pixels that are kept along one side, that of the cell in which a place lies. */
export function kept(at: number, side: number, { stride, offset }: Sampling): number {
  const last = Math.floor((side - 1 - offset) / stride);
  return Math.max(0, Math.min(last, Math.floor(at / stride))) * stride + offset;
}

/** The number of the value that covers the middle of a pixel; the last one where the grid ends before the picture. */
export function indexAt(pixel: Point, layer: Pick<LayerInfo, "cell">, grid: Pick<Grid, "rows" | "columns">): number {
  const row = Math.min(grid.rows - 1, Math.floor((pixel.y + 0.5) / layer.cell[0]));
  const column = Math.min(grid.columns - 1, Math.floor((pixel.x + 0.5) / layer.cell[1]));
  return row * grid.columns + column;
}

/** A zoom whose picture stays in sight: never smaller than whole, never beyond an edge; as exact as an address has it. */
export function clamped(zoom: Zoom, most: number): Zoom {
  const k = Math.max(1, Math.min(most, zoom.k));
  const half = 0.5 / k;
  const inside = (at: number) => Math.max(half, Math.min(1 - half, at));
  return { k: rounded(k), x: rounded(inside(zoom.x)), y: rounded(inside(zoom.y)) };
}

function rounded(value: number): number {
  return Number(value.toFixed(5));
}
