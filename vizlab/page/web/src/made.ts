/** Layers that follow from two others, pixel by pixel of the first. */

import type { Grid } from "./decode";
import type { LayerInfo, Operation } from "./document";
import { indexAt } from "./geometry";

const VOID = 255;

export interface Source { info: Pick<LayerInfo, "cell">; grid: Grid }

/** Second less first, its size, the angle between directions in degrees, or where classes differ (1) or agree (0). */
export function made(by: Operation, first: Source, second: Source): Grid {
  const { rows, columns } = first.grid;
  const data = new Float32Array(rows * columns);
  const [height, width] = first.info.cell;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column;
      const middle = { x: (column + 0.5) * width - 0.5, y: (row + 0.5) * height - 0.5 };
      data[i] = between(by, first.grid, i, second.grid, indexAt(middle, second.info, second.grid));
    }
  }
  return { rows, columns, planes: 1, data };
}

function between(by: Operation, first: Grid, i: number, second: Grid, j: number): number {
  if (by === "angle") return angle(first, i, second, j);
  const [a, b] = [first.data[i], second.data[j]];
  if (by === "mismatch") return a === VOID || b === VOID ? NaN : Number(a !== b);
  return by === "absolute" ? Math.abs(b - a) : b - a;
}

function angle(first: Grid, i: number, second: Grid, j: number): number {
  const [n, m] = [first.rows * first.columns, second.rows * second.columns];
  let [dot, a, b] = [0, 0, 0];
  for (let axis = 0; axis < 3; axis++) {
    const [u, v] = [first.data[i + axis * n], second.data[j + axis * m]];
    dot += u * v;
    a += u * u;
    b += v * v;
  }
  return (Math.acos(Math.max(-1, Math.min(1, dot / Math.sqrt(a * b)))) * 180) / Math.PI;
}

/** Which operation holds two layers of a kind against each other; null where none does. */
export function comparison(a: Pick<LayerInfo, "kind" | "unit">, b: Pick<LayerInfo, "kind" | "unit">): Operation | null {
  if (a.kind !== b.kind || a.unit !== b.unit) return null;
  if (a.kind === "classes") return "mismatch";
  if (a.kind === "normals") return "angle";
  return a.kind === "scalar" || a.kind === "signed" ? "difference" : null;
}
