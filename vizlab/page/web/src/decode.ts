/** From packed bytes to numbers: the inverse of `vizlab.views.packing`. */

import type { LayerInfo } from "./document";

/** Bytes before the counts: the number that a count of 1 stands for, and the digits after the point. */
const HEADER = 8;

/** Values of one layer, row by row, plane after plane; NaN where unknown. */
export interface Grid {
  rows: number;
  columns: number;
  planes: number;
  data: Float32Array | Uint8Array;
}

export async function gunzip(packed: ArrayBuffer): Promise<Uint8Array> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Values of `raw`, the unzipped bytes of a layer. Throws where their number does not fit its shape. */
export function decode(raw: Uint8Array, info: LayerInfo): Grid {
  const values = info.values;
  if (!values || values.form === "image") throw new Error(`layer ${info.key} has no packed numbers`);
  const [rows, columns] = info.shape;
  const numbers = values.form === "numbers";
  const expected = rows * columns * values.planes * (numbers ? 2 : 1) + (numbers ? HEADER : 0);
  if (raw.length !== expected) throw new Error(`layer ${info.key}: ${raw.length} bytes, expected ${expected}`);
  if (!numbers) return { rows, columns, planes: values.planes, data: raw };
  const header = new DataView(raw.buffer, raw.byteOffset, HEADER);
  const first = header.getInt32(0, true);
  const scale = 10 ** header.getInt32(4, true);
  const counts = raw.subarray(HEADER);
  const data = new Float32Array(rows * columns * values.planes);
  for (let plane = 0; plane < values.planes; plane++) {
    const start = plane * rows * columns;
    const bytes = counts.subarray(2 * start, 2 * (start + rows * columns));
    unfold(bytes, data.subarray(start, start + rows * columns), columns, first, scale);
  }
  return { rows, columns, planes: values.planes, data };
}

/** A count of 0 is unknown, any other is `(first + count - 1) / scale`. One plane of counts: low bytes, then high ones, of what is left beside the plane through three neighbours. */
function unfold(bytes: Uint8Array, out: Float32Array, columns: number, first: number, scale: number): void {
  const size = out.length;
  const above = new Uint16Array(columns);
  for (let at = 0; at < size; at += columns) {
    let row = 0;
    for (let x = 0; x < columns; x++) {
      const folded = bytes[at + x] | (bytes[size + at + x] << 8);
      row = (row + ((folded >>> 1) ^ -(folded & 1))) & 0xffff;
      const count = (above[x] = (above[x] + row) & 0xffff);
      out[at + x] = count === 0 ? NaN : (first + count - 1) / scale;
    }
  }
}
