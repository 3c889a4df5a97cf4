import { describe, expect, it } from "vitest";
import type { Document, LayerInfo, Network } from "../src/document";
import { clamped, indexAt, kept, pixelAt, toPicture, toScreen, view, WHOLE } from "../src/geometry";
import { keyAction } from "../src/keys";
import { PINNED, withPinned } from "../src/pinned";
import { chosen, columnsFor, presets } from "../src/presets";
import { rangeOf } from "../src/ranges";
import { read, resized, START, written, type State } from "../src/state";

function layer(key: string, more: Partial<LayerInfo> = {}): LayerInfo {
  return {
    key, title: key, group: key.split("|")[0], kind: "scalar", unit: "m", sentence: "", row: "", colormap: "viridis", low: 0, high: 1, digits: 2,
    shape: [2, 2], cell: [1, 1], values: { id: key, planes: 1, form: "numbers" }, made: null, task: "", site: "", target: "", source: "", ...more,
  };
}

function network(name: string): Network {
  return { name, title: name, family: name, method: name, settings: {}, checkpoint: "", precision: "", device: "", seconds: 0, flow: null };
}

const classesLayer = { kind: "classes" as const, unit: "", row: "classes", task: "semseg" };
const depthLayer = { row: "depth", task: "depth" };

function document_(key = "now"): Document {
  return {
    version: 1, key, picture: { title: key, scene: null, size: [480, 640], digest: "" }, sampling: { stride: 1, offset: 0 },
    networks: [network("a"), network("b")], classes: { names: [], palettes: {} }, colormaps: {},
    layers: [
      layer("picture|colour", { kind: "colour" }), layer("picture|depth", { ...depthLayer, low: 0.5, high: 4 }),
      layer("a|semseg/rgb", classesLayer), layer("a|semseg/ensemble", classesLayer), layer("a|semseg/ensemble|confidence", { task: "semseg" }),
      layer("b|semseg", classesLayer), layer("b|depth", { ...depthLayer, low: 1, high: 5, values: { id: key, planes: 1, form: "numbers" } }),
      layer("b|depth|error", { values: null, kind: "signed", made: { by: "difference", of: ["picture|depth", "b|depth"] }, task: "depth" }),
      layer("b|s1|x|outside", { site: "s1", target: "x" }), layer("b|s1|y|outside", { site: "s1", target: "y" }), layer("b|s2|x|outside", { site: "s2", target: "x" }),
    ],
  };
}

describe("geometry", () => {
  it("centres the whole picture", () => {
    expect(view(WHOLE, [480, 640], 320, 300)).toEqual({ k: 0.5, tx: 0, ty: 30 });
  });
  it("comes back from the screen", () => {
    const at = view({ k: 4, x: 0.3, y: 0.7 }, [480, 640], 200, 150);
    const point = toPicture(at, ...toScreen(at, { x: 123.25, y: 45.5 }));
    expect(point.x).toBeCloseTo(123.25, 9);
    expect(point.y).toBeCloseTo(45.5, 9);
  });
  it("shows the middle it is asked for", () => {
    const at = view({ k: 3, x: 0.25, y: 0.5 }, [480, 640], 200, 150);
    expect(toPicture(at, 100, 75)).toEqual({ x: 160, y: 240 });
  });
  it("points at pixels that are kept", () => {
    const sampling = { stride: 4, offset: 1 };
    expect(pixelAt({ x: 0, y: 7.9 }, [480, 640], sampling)).toEqual({ x: 1, y: 5 });
    expect(pixelAt({ x: 639.9, y: 479 }, [480, 640], sampling)).toEqual({ x: 637, y: 477 });
    expect(pixelAt({ x: 640, y: 0 }, [480, 640], sampling)).toBeNull();
    expect(pixelAt({ x: 3, y: -0.1 }, [480, 640], sampling)).toBeNull();
    expect(kept(641, 642, sampling)).toBe(641);
    expect(kept(640, 641, sampling)).toBe(637);
  });
  it("finds the cell that covers a pixel's middle, the last one beyond the grid", () => {
    const grid = { rows: 8, columns: 10 };
    expect(indexAt({ x: 63, y: 64 }, { cell: [64, 64] }, grid)).toBe(10);
    expect(indexAt({ x: 64, y: 63 }, { cell: [64, 64] }, grid)).toBe(1);
    expect(indexAt({ x: 639, y: 479 }, { cell: [50, 64] }, grid)).toBe(79);
  });
  it("never loses the picture", () => {
    expect(clamped({ k: 0.2, x: 0.9, y: 0.1 }, 40)).toEqual({ k: 1, x: 0.5, y: 0.5 });
    expect(clamped({ k: 4, x: 0, y: 1 }, 40)).toEqual({ k: 4, x: 0.125, y: 0.875 });
    expect(clamped({ k: 99, x: 0.5, y: 0.5 }, 40).k).toBe(40);
  });
});

describe("the address", () => {
  const full: State = {
    preset: "own", cells: ["picture|colour", "a|semseg/rgb"], zoom: { k: 2.5, x: 0.25, y: 0.75 }, probes: [{ x: 1, y: 2 }, { x: 30, y: 40 }],
    region: { x0: 1, y0: 2, x1: 3, y1: 4 }, opacity: 0.6, wipe: 0.25, ranges: { depth: { mode: "lock", low: 0.5, high: 3, colormap: "magma" } },
    palette: "safe", highlighted: 0, smooth: true, site: { network: "a", site: "layer1.bn", target: "rgb", source: null }, measure: "fixed",
  };
  it("brings back everything that was set", () => {
    expect(read(new URLSearchParams(String(written(full))))).toEqual(full);
  });
  it("is empty at the start", () => {
    expect(String(written(START))).toBe("");
    expect(read(new URLSearchParams(""))).toEqual(START);
  });
  it("ignores what it cannot read", () => {
    expect(read(new URLSearchParams("zoom=a,b,c&probes=1;2,x&region=1,2&opacity=7&wipe=-1&site=a~b&ranges=depth~big~1~2"))).toEqual({ ...START, opacity: 1, wipe: 0 });
  });
});

describe("another picture", () => {
  it("keeps places at their share of height and width", () => {
    const state = { ...START, probes: [{ x: 320, y: 120 }], region: { x0: 0, y0: 0, x1: 639, y1: 479 } };
    const moved = resized(state, [480, 640], [240, 320]);
    expect(moved.probes).toEqual([{ x: 160, y: 60 }]);
    expect(moved.region).toEqual({ x0: 0, y0: 0, x1: 319, y1: 239 });
    expect(resized(state, [480, 640], [480, 640])).toBe(state);
  });
});

describe("what the pictures show", () => {
  it("is, at first, every network's answer beside the photograph, and depth under them", () => {
    const first = presets(document_(), START)[0];
    expect(first.cells).toEqual(["picture|colour", "a|semseg/ensemble", "b|semseg", "picture|depth", "a|semseg/ensemble|confidence", "b|depth"]);
    expect(first.columns).toBe(3);
  });
  it("is, of a task, every output of it, streams too, without errors and confidences", () => {
    const found = presets(document_(), START).find((one) => one.name === "semseg")!;
    expect(found.cells).toEqual(["picture|colour", "a|semseg/rgb", "a|semseg/ensemble", "b|semseg"]);
  });
  it("is, of a site, its maps, the selected target's first", () => {
    const site = { network: "b", site: "s1", target: "y", source: null };
    expect(chosen(document_(), { ...START, preset: "site", site }).cells).toEqual(["picture|colour", "b|s1|y|outside", "b|s1|x|outside"]);
    expect(presets(document_(), START).some((one) => one.name === "site")).toBe(false);
  });
  it("is, of pictures made of pictures, what was taken before what was made; also where no sensor saw anything", () => {
    const domains = ["picture|domain texture", "picture|domain light"];
    const made = ["a|image/texture", "a|image/ensemble"].map((name) => layer(name, { kind: "colour", task: "image" }));
    const translated = { ...document_(), networks: [network("a")], layers: [...domains.map((name) => layer(name, { kind: "colour" })), ...made] };
    const [overview, ...others] = presets(translated, START);
    expect(overview.cells).toEqual(["picture|domain texture", "a|image/ensemble"]);
    expect(others.find((one) => one.name === "image")!.cells).toEqual([...domains, "a|image/texture", "a|image/ensemble"]);
  });
  it("is the overview where a choice is not there", () => {
    expect(chosen(document_(), { ...START, preset: "nothing" }).name).toBe("overview");
  });
  it("stands in as many columns as make cells largest", () => {
    expect(columnsFor(4, 4 / 3, 800, 640, 40)).toBe(2);
    expect(columnsFor(4, 4 / 3, 1000, 250, 40)).toBe(4);
  });
});

describe("ranges", () => {
  const document = document_();
  const depth = document.layers.find((one) => one.key === "b|depth")!;
  it("are shared by a row, of each, or locked", () => {
    expect(rangeOf(document, depth, {})).toMatchObject({ low: 0.5, high: 5, mode: "row" });
    expect(rangeOf(document, depth, { depth: { mode: "auto", low: 9, high: 9, colormap: "" } })).toMatchObject({ low: 1, high: 5, mode: "auto" });
    const locked = { depth: { mode: "lock" as const, low: 2, high: 3, colormap: "magma" } };
    expect(rangeOf(document, depth, locked)).toEqual({ low: 2, high: 3, colormap: "magma", mode: "lock" });
  });
});

describe("a pinned analysis", () => {
  it("is compared with what is on show: now less pinned", () => {
    const [now, pinned] = [document_("now"), document_("then")];
    const found = withPinned(now, pinned);
    const difference = found.layers.find((one) => one.key === "difference|b|depth")!;
    expect(difference.made).toEqual({ by: "difference", of: [`${PINNED}b|depth`, "b|depth"] });
    expect(found.layers.find((one) => one.key === `${PINNED}b|depth`)!.home).toBe("then");
    expect(presets(found, START).find((one) => one.name === "pinned")!.cells).toEqual(["difference|b|depth"]);
  });
  it("of another size stands beside it only", () => {
    const pinned = { ...document_("then"), picture: { title: "", scene: null, size: [240, 320] as [number, number], digest: "" } };
    expect(withPinned(document_(), pinned).layers.some((one) => one.key.startsWith("difference|"))).toBe(false);
  });
});

describe("keys", () => {
  it("do one thing each, and nothing where they are not known", () => {
    expect(keyAction("ArrowLeft", false, true)).toEqual({ do: "move", x: -1, y: 0 });
    expect(keyAction("ArrowDown", true, true)).toEqual({ do: "move", x: 0, y: 10 });
    expect(keyAction("ArrowLeft", false, false)).toBeNull();
    expect(keyAction("[", false, true)).toEqual({ do: "site", by: -1 });
    expect(keyAction(".", false, false)).toEqual({ do: "scene", by: 1 });
    expect(keyAction("3", false, false)).toEqual({ do: "layer", index: 2 });
    expect(keyAction("x", false, false)).toBeNull();
  });
});
