// @vitest-environment jsdom
import { expect, it } from "vitest";
import type { Document, LayerInfo } from "../src/document";
import { rangeBar } from "../src/rangebar";
import type { Loaded } from "../src/store";

const document_ = { colormaps: { viridis: "000000ffffff" } } as unknown as Document;

function loaded(kind: LayerInfo["kind"], data: number[]): Loaded {
  const info = { key: "k", kind, unit: "m", digits: 2, cell: [1, 1] } as unknown as LayerInfo;
  return { info, grid: { rows: 1, columns: data.length, planes: 1, data: Float32Array.from(data) }, picture: null };
}

it("says of a mask on how many of the known pixels it holds", () => {
  const found = loaded("mask", [1, 0, 0, 0, NaN]);
  expect(rangeBar(document_, found.info, found, { low: 0, high: 1, colormap: "viridis" }, () => undefined)!.textContent).toBe("25 % of the known pixels");
});

it("names both ends with the unit, and how much lies beyond each", () => {
  const found = loaded("scalar", [0, 1, 2, 3, 4]);
  const bar = rangeBar(document_, found.info, found, { low: 1, high: 2, colormap: "viridis" }, () => undefined)!;
  expect(bar.textContent).toBe("◂1.002.00 m▸");
  expect(bar.getAttribute("aria-label")).toBe("colour range 1.00 to 2.00 m; 20 % below, 40 % above (striped)");
});
