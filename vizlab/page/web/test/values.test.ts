import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { classes, directions, hex, mask, numbers, pixel, table } from "../src/colour";
import { decode, gunzip, type Grid } from "../src/decode";
import type { LayerInfo } from "../src/document";
import { fixed, percent, withUnit } from "../src/format";
import { comparison, made } from "../src/made";
import { beyond, classShares, regionOf, summary } from "../src/stats";

function layer(more: Partial<LayerInfo> = {}): LayerInfo {
  return {
    key: "k", title: "t", group: "g", kind: "scalar", unit: "m", sentence: "", row: "", colormap: "viridis", low: 0, high: 1, digits: 2,
    shape: [2, 2], cell: [1, 1], values: { id: "i", planes: 1, form: "numbers" }, made: null, task: "", site: "", target: "", source: "", ...more,
  };
}

function grid(rows: number, columns: number, data: number[], planes = 1): Grid {
  return { rows, columns, planes, data: Float32Array.from(data) };
}

describe("packed values", () => {
  it("are those of the definition: first 100, two digits, counts 1, 51, 26 and unknown", () => {
    const raw = new Uint8Array([100, 0, 0, 0, 2, 0, 0, 0, 2, 100, 50, 151, 0, 0, 0, 0]);
    const found = Array.from(decode(raw, layer()).data);
    expect(found.slice(0, 3)).toEqual([1, 1.5, 1.25]);
    expect(found[3]).toBeNaN();
  });
  it("may be negative, and wrap where neighbours are far apart", () => {
    // first -500, one digit; counts 65000 and 1: the second is 1 - 65000 modulo 2^16 = 537, folded 1074.
    const folded = [65000 - 65536, 537].map((left) => (left < 0 ? -2 * left - 1 : 2 * left));
    const raw = new Uint8Array([12, 254, 255, 255, 1, 0, 0, 0, ...folded.map((v) => v & 255), ...folded.map((v) => v >> 8)]);
    const found = Array.from(decode(raw, layer({ shape: [1, 2] })).data);
    expect(found[0]).toBeCloseTo((-500 + 65000 - 1) / 10, 3);
    expect(found[1]).toBeCloseTo(-50, 5);
  });
  it("are bytes as they are, plane after plane", () => {
    const info = layer({ kind: "classes", values: { id: "i", planes: 1, form: "bytes" } });
    expect(Array.from(decode(new Uint8Array([1, 2, 3, 255]), info).data)).toEqual([1, 2, 3, 255]);
  });
  it("that are too few are refused", () => {
    expect(() => decode(new Uint8Array(10), layer())).toThrow(/10 bytes, expected 16/);
  });
  it("are unzipped", async () => {
    const packed = gzipSync(Uint8Array.from([7, 8, 9]));
    expect(Array.from(await gunzip(new Uint8Array(packed).buffer))).toEqual([7, 8, 9]);
  });
});

describe("colours", () => {
  const ramp = Uint32Array.from({ length: 256 }, (_, i) => pixel(i, i, i));
  it("are read from hexadecimal digits, red first", () => {
    expect(Array.from(table("FF0000" + "00FF10"))).toEqual([pixel(255, 0, 0), pixel(0, 255, 16)]);
    expect(hex("#0102FF")).toBe(pixel(1, 2, 255));
  });
  it("run from low to high, unknown is grey, what lies beyond is marked", () => {
    const { pixels, clipped } = numbers(grid(1, 5, [2, 3, 4, NaN, 4.01]), ramp, { low: 2, high: 4 });
    expect(Array.from(pixels)).toEqual([pixel(0, 0, 0), pixel(128, 128, 128), pixel(255, 255, 255), pixel(128, 128, 128), pixel(255, 255, 255)]);
    expect(Array.from(clipped!)).toEqual([0, 0, 0, 0, 1]);
  });
  it("mark nothing where nothing is beyond", () => {
    expect(numbers(grid(1, 2, [0, 1]), ramp, { low: 0, high: 1 }).clipped).toBeNull();
  });
  it("of classes dim all but the highlighted one; void is black", () => {
    const found = classes({ rows: 1, columns: 3, planes: 1, data: new Uint8Array([0, 1, 255]) }, ["#FF0000", "#00FF00"], 1);
    expect(found[1]).toBe(pixel(0, 255, 0));
    expect(found[0]).not.toBe(pixel(255, 0, 0));
    expect(found[2]).toBe(pixel(0, 0, 0));
  });
  it("of directions: right is red, up green, towards the camera blue", () => {
    const found = directions(grid(1, 3, [1, 0, 0, 0, -1, 0, 0, 0, -1], 3));
    expect(Array.from(found)).toEqual([pixel(255, 128, 128), pixel(128, 255, 128), pixel(128, 128, 255)]);
  });
  it("of a mask let through what agrees", () => {
    expect(mask(grid(1, 2, [1, 0]))[1] >>> 24).toBe(0);
    expect(mask(grid(1, 2, [1, 0]))[0] >>> 24).toBe(255);
  });
});

describe("regions", () => {
  it("count a coarse value as often as it has pixels there, and leave unknown ones out", () => {
    const coarse = grid(2, 2, [1, 5, NaN, 9]);
    const found = summary(coarse, { cell: [2, 2] }, { x0: 1, y0: 1, x1: 3, y1: 2 });
    // Row 1 has 1, 5, 5; row 2 has unknown, 9, 9.
    expect(found).toEqual({ count: 5, of: 6, mean: (1 + 5 + 5 + 9 + 9) / 5, low: 1, high: 9 });
  });
  it("cover whole cells of kept pixels", () => {
    expect(regionOf({ x: 9, y: 5 }, { x: 1, y: 13 }, { stride: 4, offset: 1 })).toEqual({ x0: 0, y0: 4, x1: 11, y1: 15 });
  });
  it("share out classes, largest first", () => {
    const labels: Grid = { rows: 2, columns: 2, planes: 1, data: new Uint8Array([3, 7, 7, 255]) };
    expect(classShares(labels, { cell: [1, 1] }, null)).toEqual([[7, 0.5], [3, 0.25], [255, 0.25]]);
    expect(classShares(labels, { cell: [1, 1] }, { x0: 0, y0: 0, x1: 0, y1: 1 })).toEqual([[3, 0.5], [7, 0.5]]);
  });
  it("say how much lies beyond either end, of what is known", () => {
    expect(beyond(grid(1, 5, [0, 1, 2, 3, NaN]), 1, 2)).toEqual({ below: 0.25, above: 0.25 });
  });
});

describe("made layers", () => {
  const at = (g: Grid, cell: [number, number] = [1, 1]) => ({ info: { cell }, grid: g });
  it("are the second less the first", () => {
    expect(Array.from(made("difference", at(grid(1, 2, [1, 5])), at(grid(1, 2, [4, 3]))).data)).toEqual([3, -2]);
    expect(Array.from(made("absolute", at(grid(1, 2, [1, 5])), at(grid(1, 2, [4, 3]))).data)).toEqual([3, 2]);
  });
  it("look up coarser values where their cells lie", () => {
    const fine = grid(1, 4, [0, 0, 0, 0]);
    expect(Array.from(made("difference", at(fine), at(grid(1, 2, [1, 2]), [1, 2])).data)).toEqual([1, 1, 2, 2]);
  });
  it("hold directions against each other in degrees", () => {
    const [a, b] = [grid(1, 2, [1, 0, 0, 0, 0, -1], 3), grid(1, 2, [0, 0, 1, 0, 0, -1], 3)];
    const found = made("angle", at(a), at(b)).data;
    expect(found[0]).toBeCloseTo(90, 4);
    expect(found[1]).toBeCloseTo(0, 4);
  });
  it("tell other classes from equal ones, and void from both", () => {
    const labels = (...data: number[]): Grid => ({ rows: 1, columns: 3, planes: 1, data: new Uint8Array(data) });
    const found = Array.from(made("mismatch", at(labels(1, 2, 255)), at(labels(1, 3, 3))).data);
    expect(found.slice(0, 2)).toEqual([0, 1]);
    expect(found[2]).toBeNaN();
  });
  it("compare what is of one kind and unit only", () => {
    expect(comparison(layer(), layer())).toBe("difference");
    expect(comparison(layer({ kind: "normals" }), layer({ kind: "normals" }))).toBe("angle");
    expect(comparison(layer({ kind: "classes" }), layer({ kind: "classes" }))).toBe("mismatch");
    expect(comparison(layer({ unit: "°" }), layer())).toBeNull();
    expect(comparison(layer({ kind: "colour" }), layer({ kind: "colour" }))).toBeNull();
  });
});

describe("numbers for people", () => {
  it("have a real minus, none before zero, and their unit", () => {
    expect(fixed(-1.255, 1)).toBe("−1.3");
    expect(fixed(-0.001, 2)).toBe("0.00");
    expect(withUnit(2.3, 2, "m")).toBe("2.30 m");
    expect(withUnit(12.34, 1, "°")).toBe("12.3°");
    expect(withUnit(NaN, 2, "m")).toBe("–");
  });
  it("never call nothing what is something", () => {
    expect(percent(0.0004)).toBe("<0.1 %");
    expect(percent(0)).toBe("0.0 %");
    expect(percent(0.0949)).toBe("9.5 %");
    expect(percent(0.184)).toBe("18 %");
  });
});
