// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import type { Document } from "../src/document";
import { Inspector } from "../src/inspector";
import { START, type State } from "../src/state";
import type { Store } from "../src/store";

const picture = { title: "a room", scene: null, size: [48, 64], digest: "" };
const empty = { version: 1, key: "", picture, networks: [], layers: [], classes: { names: [], palettes: {} } };
const document_ = { ...empty, sampling: { stride: 1, offset: 0 }, colormaps: {} } as unknown as Document;

describe("probes beside the pictures", () => {
  const removed: number[] = [];
  const actions = { removeProbe: (index: number) => removed.push(index), clear: () => {}, step: () => {}, showSite: () => {} };
  const store = { get: () => null } as unknown as Store;
  const inspector = new Inspector(store, actions as unknown as ConstructorParameters<typeof Inspector>[1]);
  const state = { ...START, probes: [{ x: 10, y: 20 }, { x: 30, y: 40 }] } as State;
  const button = (number: number) =>
    inspector.element.querySelector<HTMLButtonElement>(`[aria-label="remove probe ${number}"]`);

  it("keeps a probe's button while the pointer comes to it", () => {
    inspector.point(document_, state, { x: 1, y: 1 }, true);
    const before = button(1);
    expect(before).not.toBeNull();
    inspector.point(document_, state, { x: 2, y: 2 }, false);
    expect(button(1)).toBe(before);
    expect(inspector.element.textContent).toContain("pixel (2, 2)");
  });

  it("numbers the others anew once one is gone", () => {
    button(1)!.click();
    expect(removed).toEqual([0]);
    inspector.point(document_, { ...state, probes: [state.probes[1]] }, null, false);
    expect(button(2)).toBeNull();
    expect(inspector.element.querySelector(".vv-probes tr")!.textContent).toContain("1 (30, 40)");
    inspector.point(document_, { ...state, probes: [] }, null, false);
    expect(inspector.element.querySelector(".vv-probes")).toBeNull();
  });
});
