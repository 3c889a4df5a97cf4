/** From values to pixels: maps of numbers, classes, directions, masks. */

import type { Grid } from "./decode";
import type { Kind } from "./document";

export interface Range { low: number; high: number }

/** Pixels of one layer, one per value, and which of them lie outside of the range. */
export interface Picture { pixels: ImageData; clipped: Uint8Array | null }

const UNKNOWN = pixel(128, 128, 128);
const VOID = 255;
/** Classes that are not highlighted keep this share of their colour. */
const DIMMED = 0.18;

/** As a canvas stores it: red in the lowest byte (every machine that runs a browser is little-endian). */
export function pixel(red: number, green: number, blue: number, alpha = 255): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** 256 pixels of the text in which a document keeps a map of colours. */
export function table(text: string): Uint32Array {
  return Uint32Array.from({ length: text.length / 6 }, (_, i) => hex(text.slice(6 * i, 6 * i + 6)));
}

export function hex(text: string): number {
  const value = Number.parseInt(text.replace("#", ""), 16);
  return pixel(value >> 16, (value >> 8) & 255, value & 255);
}

/** Numbers on a range: below `low` and above `high` the end colours, unknown grey. */
export function numbers(grid: Grid, colours: Uint32Array, range: Range): { pixels: Uint32Array; clipped: Uint8Array | null } {
  const count = grid.rows * grid.columns;
  const pixels = new Uint32Array(count);
  const last = colours.length - 1;
  const scale = last / (range.high > range.low ? range.high - range.low : 1);
  let clipped: Uint8Array | null = null;
  for (let i = 0; i < count; i++) {
    const value = grid.data[i];
    const at = (value - range.low) * scale + 0.5;
    if (at >= 0 && at <= last + 1) pixels[i] = colours[at > last ? last : at | 0];
    else if (value !== value) pixels[i] = UNKNOWN;
    else pixels[i] = colours[at < 0 ? 0 : last];
    if (value < range.low || value > range.high) (clipped ??= new Uint8Array(count))[i] = 1;
  }
  return { pixels, clipped };
}

/** Class colours; with `highlighted`, all other classes are dimmed. */
export function classes(grid: Grid, palette: string[], highlighted: number | null): Uint32Array {
  const colours = new Uint32Array(256).fill(pixel(0, 0, 0));
  palette.forEach((text, index) => {
    colours[index] = highlighted === null || index === highlighted ? hex(text) : dimmed(text);
  });
  colours[VOID] = pixel(0, 0, 0);
  return each(grid.data, (index) => colours[index]);
}

function dimmed(text: string): number {
  const value = Number.parseInt(text.slice(1), 16);
  const grey = 60 * (1 - DIMMED);
  return pixel(...([value >> 16, (value >> 8) & 255, value & 255].map((c) => c * DIMMED + grey) as [number, number, number]));
}

/** Unit vectors (x right, y down, z forward): red faces right, green up, blue the camera. */
export function directions(grid: Grid): Uint32Array {
  const count = grid.rows * grid.columns;
  const pixels = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [grid.data[i], -grid.data[count + i], -grid.data[2 * count + i]];
    pixels[i] = x !== x ? UNKNOWN : pixel(byte(x), byte(y), byte(z));
  }
  return pixels;
}

function byte(part: number): number {
  return Math.max(0, Math.min(255, Math.round((part + 1) * 127.5)));
}

/** Where something holds (1), where not (0) and where nobody knows (NaN): orange, transparent, grey. */
export function mask(grid: Grid): Uint32Array {
  const yes = pixel(213, 94, 0);
  const unknown = pixel(128, 128, 128, 90);
  return each(grid.data, (value) => (value !== value ? unknown : value ? yes : 0));
}

/** A pixel for each value: a plain loop, since `from` with a function takes ten times as long. */
function each(data: Grid["data"], pixelOf: (value: number) => number): Uint32Array {
  const pixels = new Uint32Array(data.length);
  for (let i = 0; i < data.length; i++) pixels[i] = pixelOf(data[i]);
  return pixels;
}

/** RGB as it is, three planes. */
export function photograph(grid: Grid): Uint32Array {
  const count = grid.rows * grid.columns;
  return Uint32Array.from({ length: count }, (_, i) => pixel(grid.data[i], grid.data[count + i], grid.data[2 * count + i]));
}

/** Pixels of any kind of layer. */
export function coloured(
  grid: Grid, kind: Kind, colours: Uint32Array, range: Range, palette: string[], highlighted: number | null,
): { pixels: Uint32Array; clipped: Uint8Array | null } {
  if (kind === "scalar" || kind === "signed") return numbers(grid, colours, range);
  const pixels =
    kind === "classes" ? classes(grid, palette, highlighted)
    : kind === "normals" ? directions(grid)
    : kind === "mask" ? mask(grid)
    : photograph(grid);
  return { pixels, clipped: null };
}
