// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import type { Document } from "../src/document";
import { exportMenu, links } from "../src/exporting";
import { START } from "../src/state";

const DOCUMENT = { key: "ab/c" } as Document;
const CELLS = ["picture|colour", "net|semseg"];

function address(menu: ReturnType<typeof links>, group: string, text: string): URL {
  const found = menu.find(({ title }) => title === group)!.of.find((one) => one.text === text)!;
  return new URL(found.address, "http://here/");
}

describe("what can be taken along", () => {
  it("names the layers on show and how they are looked at", () => {
    const state = { ...START, palette: "safe" as const, opacity: 0.5, zoom: { k: 4, x: 0.25, y: 0.5 }, ranges: { depth: { mode: "lock" as const, low: 1, high: 3, colormap: "magma" } } };
    const url = address(links(DOCUMENT, state, CELLS, "http://here/vizlab"), "these pictures", "PDF");
    expect(url.pathname).toBe("/vizlab/export/ab%2Fc/figure.pdf");
    expect(Object.fromEntries(url.searchParams)).toEqual({ cells: "picture|colour~net|semseg", palette: "safe", opacity: "0.5", zoom: "4,0.25,0.5", ranges: "depth~lock~1~3~magma" });
  });

  it("leaves out of a figure's address what is as at the start", () => {
    const url = address(links(DOCUMENT, START, CELLS, "http://here/vizlab"), "these pictures", "PNG");
    expect([...url.searchParams.keys()]).toEqual(["cells"]);
  });

  it("draws the map that is shown", () => {
    const at = (measure: "share" | "fixed") => address(links(DOCUMENT, { ...START, measure }, CELLS, "http://here/vizlab"), "network map", "SVG").search;
    expect(at("fixed")).toBe("?measure=fixed");
    expect(at("share")).toBe("");
  });

  it("offers no picture where none is shown", () => {
    expect(links(DOCUMENT, START, [], "b").map(({ title }) => title)).toEqual(["network map", "everything"]);
  });

  it("is a menu of named links that Escape closes, with the focus back on it", () => {
    const menu = exportMenu(DOCUMENT, START, CELLS, "b") as HTMLDetailsElement;
    document.body.append(menu);
    expect(menu.querySelectorAll("a[download][title]").length).toBe(11);
    menu.open = true;
    menu.querySelector("a")!.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(menu.open).toBe(false);
    expect(document.activeElement).toBe(menu.querySelector("summary"));
    menu.open = true;
    menu.querySelector("a")!.focus();
    expect(menu.open).toBe(true);
    menu.querySelector("a")!.blur();
    expect(menu.open).toBe(false);
  });
});
