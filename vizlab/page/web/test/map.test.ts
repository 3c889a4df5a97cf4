// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Edge, Flow, Network, SiteInfo, Stream } from "../src/document";
import { networkMap, type MapOptions, type NetworkMap, type Selection } from "../src/map";
import {
  bandsOf, bandWidth, BETWEEN, FOOT, FULL, HEAD, LANE, laneParts, layoutMap, markOf, NARROWEST, nearest, neededWidth,
  opacityOf, placed, scrollFor, stagesOf, targetAt, THINNEST, WIDEST,
} from "../src/map_layout";
import { heading } from "../src/map_words";

const COLOURS: Record<string, string> = { rgb: "#D55E00", depth: "#0072B2", normals: "#CC79A7" };

function edge(target: string, source: string, share: number | null, more: Partial<Edge> = {}): Edge {
  const sentence = `share of ${source} in ${target}`;
  const fixed = { fixed: 0.5, fixedSentence: `weights of ${source} in ${target}` };
  return { target, source, lane: source, share, ...fixed, effect: null, standing: null, sentence, ...more };
}

function site(name: string, column: number, edges: Edge[], more: Partial<SiteInfo> = {}): SiteInfo {
  return {
    name, title: `site ${name} of all`, short: name, kind: "sum", stage: "stage 1", channels: 8, column,
    targets: ["rgb", "depth"], apart: false, edges, sentences: { rgb: `rgb at ${name}`, depth: `depth at ${name}` }, ...more,
  };
}

function network(name: string, sites: SiteInfo[], streams = ["rgb", "depth"]): Network {
  const named: Stream[] = streams.map((one) => ({ name: one, title: `${one} stream`, colour: COLOURS[one] }));
  const flow: Flow = { streams: named, sites, order: "from input to output" };
  return {
    name, title: name.toUpperCase(), family: "any", method: "Any", settings: {}, checkpoint: "", precision: "float32",
    device: "cpu", seconds: 1, flow,
  };
}

const crossing = (name: string, column: number) =>
  site(name, column, [edge("rgb", "depth", 0.4), edge("depth", "rgb", 0.1)]);

describe("layout", () => {
  it("shares the width evenly between columns, whatever the network", () => {
    const five = placed([0, 1, 2, 3, 4].map((at) => crossing(String(at), at)), 512);
    expect(five.map(({ x }) => x)).toEqual([56, 156, 256, 356, 456]);
    const two = placed([crossing("a", 0), crossing("b", 1)], 512);
    expect(two.map(({ x }) => x)).toEqual([131, 381]);
  });

  it("shares a column between sites that work side by side", () => {
    const places = placed([crossing("a", 0), crossing("b", 1), crossing("c", 1)], 412);
    expect(places.map(({ left, right }) => [left, right])).toEqual([[6, 206], [206, 306], [306, 406]]);
  });

  it("lets bands leave before they arrive, within the site's slot", () => {
    const [place] = placed([crossing("a", 0)], 52);
    expect([place.from, place.x, place.to]).toEqual([26 - 14.8, 26, 26 + 14.8]);
  });

  it("stacks networks by their lanes", () => {
    const sites = [crossing("a", 0)], streams = ["rgb", "depth", "normals"];
    const layout = layoutMap([network("two", sites), network("three", sites, streams)], 500);
    const [two, three] = layout.rows;
    expect(two.lanes.map(({ y }) => y)).toEqual([HEAD + LANE / 2, HEAD + 1.5 * LANE]);
    expect(three.top).toBe(HEAD + 2 * LANE + FOOT + BETWEEN);
    expect(layout.height).toBe(2 * HEAD + 5 * LANE + 2 * FOOT + BETWEEN);
    expect(layout.height / 2).toBeLessThan(75);
  });

  it("groups neighbours of one stage, and tells sites side by side apart", () => {
    const stages = ["stage 1", "stage 2", "stage 2"].map((stage, at) => ({ ...crossing(String(at), at), stage }));
    expect(stagesOf(placed(stages, 312))).toEqual([
      { label: "stage 1", left: 6, right: 106 }, { label: "stage 2", left: 106, right: 306 },
    ]);
    const beside = [crossing("a", 0), crossing("b", 0)];
    expect(stagesOf(placed(beside, 212)).map(({ left }) => left)).toEqual([6, 106]);
  });

  it("breaks lanes between sites side by side and ends one that receives nothing any more", () => {
    const places = placed([crossing("a", 0), crossing("b", 1), crossing("c", 1)], 412);
    expect(laneParts("rgb", places, 412)).toEqual([[0, 302], [310, 412]]);
    expect(laneParts("edge", places, 412)).toEqual([[0, places[1].from], [310, places[2].from]]);
    const row = placed([crossing("a", 0), crossing("b", 1)], 212);
    expect(laneParts("rgb", row, 212)).toEqual([[0, 212]]);
    expect(laneParts("edge", row, 212)).toEqual([[0, row[1].from]]);
  });

  it("asks for enough pixels for the network with most sites", () => {
    const many = network("many", Array.from({ length: 17 }, (_, at) => crossing(String(at), at)));
    expect(neededWidth([network("few", [crossing("a", 0)]), many])).toBe(17 * NARROWEST + 12);
    const beside = network("beside", [0, 1, 1, 1].map((column, at) => crossing(String(at), column)));
    expect(neededWidth([beside])).toBe(2 * 3 * NARROWEST + 12);
    const hundred = network("hundred", Array.from({ length: 100 }, (_, at) => crossing(String(at), at)));
    expect(neededWidth([hundred])).toBe(2012);
  });

  it("scrolls no farther than a site needs to be in view", () => {
    const [first, , third] = placed([0, 1, 2].map((at) => crossing(String(at), at)), 312);
    expect(scrollFor(third, 0, 150)).toBe(312 - 150);
    expect(scrollFor(third, 180, 150)).toBe(180);
    expect(scrollFor(first, 90, 150)).toBe(0);
  });

  it("finds the nearest site and the nearest receiver", () => {
    const { rows } = layoutMap([network("n", [crossing("a", 0), crossing("b", 1)])], 212);
    expect(nearest(rows[0].sites, 107)!.site.name).toBe("b");
    expect(nearest(rows[0].sites, 105)!.site.name).toBe("a");
    expect(nearest([], 5)).toBeNull();
    const [rgb, depth] = rows[0].lanes;
    expect(targetAt(rows[0].sites[0].site, rows[0].lanes, depth.y + 3)).toBe("depth");
    expect(targetAt({ ...crossing("a", 0), targets: ["rgb"] }, rows[0].lanes, depth.y)).toBe("rgb");
    expect(rgb.y).toBeLessThan(depth.y);
  });
});

describe("bands", () => {
  const lanesOf = (streams: string[]) => layoutMap([network("n", [crossing("a", 0)], streams)], 212).rows[0].lanes;

  it("run from the sender's lane to the receiver's in the sender's colour", () => {
    const lanes = lanesOf(["rgb", "depth"]), [place] = placed([crossing("a", 0)], 212);
    const [intoRgb, intoDepth] = bandsOf(place, lanes, "share");
    expect([intoRgb.edge.target, intoRgb.start, intoRgb.end]).toEqual(["rgb", lanes[1].y, lanes[0].y]);
    expect([intoRgb.colour, intoDepth.colour]).toEqual([COLOURS.depth, COLOURS.rgb]);
    const [upper, lower] = [lanes[0].y, lanes[1].y];
    expect(intoRgb.path).toBe(`M${place.from} ${lower}C106 ${lower} 106 ${upper} ${place.to} ${upper}`);
  });

  it("are as wide as their number, on one scale", () => {
    expect([0.1, 0.5, 1].map(bandWidth)).toEqual([FULL / 10, FULL / 2, FULL]);
    expect(bandWidth(-0.5)).toBe(FULL / 2);
    expect([bandWidth(0), bandWidth(null)]).toEqual([0, 0]);
    expect([bandWidth(0.001), bandWidth(40)]).toEqual([THINNEST, WIDEST]);
    expect(opacityOf(0.9)).toBe(1);
    expect(opacityOf(0.5 * THINNEST / FULL)).toBe(0.5);
    expect([opacityOf(0), opacityOf(null)]).toEqual([1, 1]);
  });

  it("that arrive at one lane stand on one another in the order of the senders", () => {
    const lanes = lanesOf(["rgb", "depth", "normals"]);
    const edges = [edge("depth", "normals", 0.2), edge("depth", "rgb", 0.4)];
    const [place] = placed([site("a", 0, edges)], 212);
    const [first, second] = bandsOf(place, lanes, "share");
    expect([first.edge.source, second.edge.source]).toEqual(["rgb", "normals"]);
    expect(first.end).toBeCloseTo(lanes[1].y - 0.1 * FULL);
    expect(second.end).toBeCloseTo(lanes[1].y + 0.2 * FULL);
  });

  it("come from the lane of a stream of which the source is an earlier stage", () => {
    const lanes = lanesOf(["rgb", "depth"]);
    const edges = [edge("rgb", "depth at conv1", 0.2, { lane: "depth" }), edge("rgb", "depth", 0.4)];
    const bands = bandsOf(placed([site("a", 0, edges)], 212)[0], lanes, "share");
    expect(bands.map((band) => band.edge.source)).toEqual(["depth at conv1", "depth"]);
    expect(bands.map((band) => [band.start, band.colour])).toEqual(bands.map(() => [lanes[1].y, COLOURS.depth]));
  });

  it("show the number that is asked for", () => {
    const [place] = placed([site("a", 0, [edge("rgb", "depth", 0.4, { fixed: 0.2 })])], 212);
    const value = (measure: "share" | "fixed") => bandsOf(place, lanesOf(["rgb", "depth"]), measure)[0].value;
    expect([value("share"), value("fixed")]).toEqual([0.4, 0.2]);
    const lanes = lanesOf(["rgb", "depth", "normals"]);
    const edges = [edge("depth", "rgb", 0.4, { fixed: 0.2 }), edge("depth", "normals", 0.4, { fixed: 0.4 })];
    const [first, second] = bandsOf(placed([site("a", 0, edges)], 212)[0], lanes, "fixed");
    expect(second.end - first.end).toBeCloseTo(0.3 * FULL);
  });

  it("tell apart what is negative, undefined, nothing, and not there", () => {
    const marks = [-0.1, 0.1, 0, null].map((value) => markOf(value, "share"));
    expect(marks).toEqual(["negative", "band", "nothing", "undefined"]);
    expect(markOf(null, "fixed")).toBe("nothing");
  });
});

it("shortens a stage's heading to its number, others with an ellipsis", () => {
  expect(heading("stage 5", 40, 5)).toBe("stage 5");
  expect(heading("stage 5", 30, 5)).toBe("5");
  expect(heading("backbone", 25, 5)).toBe("back…");
});

describe("the map", () => {
  let container: HTMLElement, map: NetworkMap, selected: Selection[], said: (string | null)[];
  const a = () => network("a", [crossing("1", 0), crossing("2", 1), crossing("3", 2)]);
  const b = () =>
    network("b", [crossing("1", 0), site("2", 1, [edge("rgb", "depth", -0.2), edge("depth", "rgb", null)])]);
  const options = (more: Partial<MapOptions> = {}): MapOptions => ({
    selected: null, measure: "share", onSelect: (one) => selected.push(one), onHover: (text) => said.push(text),
    ...more,
  });
  const button = (net: string, name: string) =>
    container.querySelector<SVGElement>(`[data-network="${net}"][data-site="${name}"]`)!;
  const mark = (net: string, name: string, target: string) =>
    button(net, name).querySelector<SVGElement>(`[data-mark][data-target="${target}"]`);
  const key = (name: string) =>
    document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  const focused = () => {
    const site = document.activeElement as SVGElement;
    return `${site.dataset.network}/${site.dataset.site}`;
  };

  beforeEach(() => {
    selected = [];
    said = [];
    container = document.body.appendChild(document.createElement("div"));
    map = networkMap(container, [a(), b()], options());
  });
  afterEach(() => {
    map.destroy();
    container.remove();
  });

  it("draws a band of the share's width and the sender's colour, and another one for the weights", () => {
    const shown = () => ["rgb", "depth"].map((target) => mark("a", "1", target)!.getAttribute("stroke-width"));
    expect(shown()).toEqual([String(0.4 * FULL), String(0.1 * FULL)]);
    expect(mark("a", "1", "rgb")!.getAttribute("stroke")).toBe(COLOURS.depth);
    map.update([a(), b()], options({ measure: "fixed" }));
    expect(shown()).toEqual([String(0.5 * FULL), String(0.5 * FULL)]);
  });

  it("draws negative shares broken and undefined ones hollow, and has both in its legend", () => {
    expect(mark("b", "2", "rgb")!.classList).toContain("m-negative");
    expect(mark("b", "2", "rgb")!.getAttribute("stroke-width")).toBe(String(0.2 * FULL));
    expect(mark("b", "2", "depth")!.tagName).toBe("circle");
    const words = () => container.querySelector(".vz-map-legend")!.textContent!;
    expect(words()).toMatch(/10 %.*50 %.*negative.*undefined/);
    map.update([a()], options());
    expect(words()).not.toMatch(/negative|undefined/);
  });

  it("says so where a share is wider than it can be drawn", () => {
    const words = () => container.querySelector(".vz-map-legend")!.textContent;
    expect(words()).not.toContain("at most");
    map.update([network("w", [site("1", 0, [edge("rgb", "depth", -1.6)])])], options());
    expect(words()).toContain("drawn to 150 % at most");
  });

  it("scrolls to a site that is newly selected, and stays there", () => {
    Object.defineProperty(container, "clientWidth", { value: 200 });
    const many = [network("a", Array.from({ length: 17 }, (_, at) => crossing(String(at), at)))];
    const at = (site: string) => options({ selected: { network: "a", site, target: "rgb", source: null } });
    const scroll = () => container.querySelector(".vz-map-scroll")!.scrollLeft;
    map.update(many, at("0"));
    expect(scroll()).toBe(0);
    map.update(many, at("16"));
    expect(scroll()).toBeGreaterThan(400);
    container.querySelector(".vz-map-scroll")!.scrollLeft = 7;
    map.update(many, at("16"));
    expect(scroll()).toBe(7);
  });

  it("says each edge and each site in words", () => {
    const hit = button("a", "2").querySelector(`[data-hit="rgb<-depth"] title`)!;
    expect(hit.textContent).toBe("A: site 2 of all, depth stream to rgb stream. share of depth in rgb");
    expect(button("a", "2").getAttribute("aria-label")).toBe("A: site 2 of all. rgb at 2 depth at 2");
    expect(button("a", "2").getAttribute("role")).toBe("button");
    map.update([a(), b()], options({ measure: "fixed" }));
    const weights = "weights of depth in rgb weights of rgb in depth";
    expect(button("a", "2").getAttribute("aria-label")).toBe(`A: site 2 of all. ${weights}`);
  });

  it("selects the edge that is clicked, or the receiver whose lane is nearest", () => {
    const hit = button("a", "2").querySelector(`[data-hit="depth<-rgb"]`)!;
    hit.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    expect(selected.pop()).toEqual({ network: "a", site: "2", target: "depth", source: "rgb" });
    const at = { bubbles: true, clientY: HEAD + 1.4 * LANE };
    button("a", "3").querySelector(".m-slot")!.dispatchEvent(new MouseEvent("click", at));
    expect(selected.pop()).toEqual({ network: "a", site: "3", target: "depth", source: null });
  });

  it("hears the pointer: the edge's sentence, the receiver's, nothing outside", () => {
    const move = (target: Element, clientY = 0) =>
      target.dispatchEvent(new MouseEvent("pointermove", { bubbles: true, clientY }));
    move(button("a", "1").querySelector(`[data-hit="depth<-rgb"]`)!);
    expect(said.pop()).toBe("A: site 1 of all, rgb stream to depth stream. share of rgb in depth");
    move(button("a", "1").querySelector(".m-slot")!, HEAD + 1.5 * LANE);
    expect(said.pop()).toBe("A: site 1 of all. depth at 1");
    move(container.querySelector(".vz-map-legend")!);
    expect(said.pop()).toBeNull();
  });

  it("does not say a whole site where the pointer gave it the focus, but does after a key", () => {
    button("a", "1").dispatchEvent(new MouseEvent("pointerdown", { bubbles: true }));
    button("a", "1").focus();
    expect(said).toEqual([]);
    key("ArrowRight");
    expect(said).toEqual(["A: site 2 of all. rgb at 2 depth at 2"]);
    button("a", "2").blur();
    expect(said.pop()).toBeNull();
  });

  it("marks the selected site alone, and dims what does not concern it", () => {
    map.update([a(), b()], options({ selected: { network: "a", site: "2", target: "rgb", source: "depth" } }));
    const pressed = [...container.querySelectorAll<SVGElement>("[aria-pressed=true]")];
    expect(pressed.map(({ dataset }) => `${dataset.network}/${dataset.site}`)).toEqual(["a/2"]);
    expect(mark("a", "2", "depth")!.classList).toContain("m-faint");
    expect(mark("a", "2", "rgb")!.classList).not.toContain("m-faint");
    expect(mark("a", "1", "depth")!.classList).not.toContain("m-faint");
  });

  it("tells the one edge that is selected from others to the same receiver", () => {
    const edges = [edge("rgb", "depth", 0.4), edge("rgb", "normals", 0.2)];
    const three = [network("n", [site("1", 0, edges)], ["rgb", "depth", "normals"])];
    const faint = (source: string | null) => {
      map.update(three, options({ selected: { network: "n", site: "1", target: "rgb", source } }));
      return [...container.querySelectorAll<SVGElement>("[data-mark].m-faint")].map(({ dataset }) => dataset.source);
    };
    expect(faint("normals")).toEqual(["depth"]);
    expect(faint(null)).toEqual([]);
  });

  it("is one stop of the tab key, and arrows lead through it", () => {
    const stops = [...container.querySelectorAll<SVGElement>("[tabindex='0']")];
    expect(stops.map(({ dataset }) => `${dataset.network}/${dataset.site}`)).toEqual(["a/1"]);
    button("a", "1").focus();
    const arrows = ["Left", "Right", "Right", "Right", "Down", "Up"].map((name) => `Arrow${name}`);
    const trail = [...arrows, "Home", "End"].map((name) => {
      key(name);
      return focused();
    });
    expect(trail).toEqual(["a/1", "a/2", "a/3", "a/3", "b/2", "a/3", "a/1", "a/3"]);
    expect(selected).toEqual([]);
    expect(said.pop()).toBe("A: site 3 of all. rgb at 3 depth at 3");
    expect(container.querySelectorAll("[tabindex='0']")).toHaveLength(1);
  });

  it("selects by Enter, keeps the focus when drawn again, and goes on to the next receiver", () => {
    button("a", "2").focus();
    key("Enter");
    expect(selected[0]).toEqual({ network: "a", site: "2", target: "rgb", source: null });
    const before = [...said];
    map.update([a(), b()], options({ selected: selected[0] }));
    expect(focused()).toBe("a/2");
    expect(said).toEqual(before);
    key(" ");
    expect(selected[1]).toEqual({ network: "a", site: "2", target: "depth", source: null });
  });

  it("steps along the selected network and stays within it", () => {
    const from = (site: string) =>
      map.update([a(), b()], options({ selected: { network: "a", site, target: "depth", source: "rgb" } }));
    from("2");
    map.step(1);
    map.step(-1);
    from("3");
    map.step(1);
    expect(selected).toEqual(["3", "1", "3"].map((site) => ({ network: "a", site, target: "depth", source: null })));
    map.update([b()], options({ selected: { network: "gone", site: "2", target: "nobody", source: null } }));
    map.step(1);
    expect(selected.pop()).toEqual({ network: "b", site: "1", target: "rgb", source: null });
  });

  it("takes the focus along when it steps, if that was on a site", () => {
    map.update([a(), b()], options({ selected: { network: "a", site: "1", target: "rgb", source: null } }));
    map.step(1);
    expect(focused()).not.toBe("a/2");
    button("a", "1").focus();
    map.step(1);
    expect(focused()).toBe("a/2");
  });

  it("says that nothing mixes, and steps over such a network", () => {
    const empty = { ...network("empty", []), flow: null };
    map.update([empty, network("none", []), b()], options());
    expect(container.querySelector(`[data-row="empty"]`)!.textContent).toBe("nothing mixes here");
    expect(container.querySelector(`[data-row="none"]`)!.textContent).toBe("nothing mixes here");
    map.step(1);
    expect(selected.pop()).toMatchObject({ network: "b", site: "1" });
    map.update([], options());
    expect(() => map.step(1)).not.toThrow();
  });

  it("draws a site that is not a sum as one capsule over the lanes that take part", () => {
    const mixing = network("m", [site("1", 0, [], { targets: ["depth", "normals"] })], ["rgb", "depth", "normals"]);
    map.update([mixing], options());
    const capsule = button("m", "1").querySelector(".m-mix")!;
    expect(Number(capsule.getAttribute("y"))).toBe(HEAD + 1.5 * LANE - 6);
    expect(Number(capsule.getAttribute("height"))).toBe(LANE + 12);
    map.update([mixing], options({ measure: "fixed" }));
    const words = container.querySelector(".vz-map-legend")!.textContent;
    expect(words).toContain("M: no number here is the same for every picture");
  });

  it("draws a site at which nobody sends as a mark on each lane, and says what it is", () => {
    const alone = { targets: ["rgb", "normals"], apart: true };
    const mixing = network("m", [site("1", 0, [], alone)], ["rgb", "depth", "normals"]);
    map.update([mixing], options());
    const marks = [...button("m", "1").querySelectorAll(".m-mix")];
    expect(marks.map((mark) => mark.tagName)).toEqual(["circle", "circle"]);
    expect(marks.map((mark) => Number(mark.getAttribute("cy")))).toEqual([HEAD + LANE / 2, HEAD + 2.5 * LANE]);
    const words = container.querySelector(".vz-map-legend")!.textContent;
    expect(words).toContain("nothing is sent");
    expect(words).not.toContain("not a sum");
  });

  it("leaves room for an effect and rings it only where there is one", () => {
    expect(container.querySelector(".m-effect")).toBeNull();
    const edges = [edge("rgb", "depth", 0.4, { effect: 0.25 }), edge("depth", "rgb", 0.1, { effect: -1 })];
    map.update([network("e", [site("1", 0, edges)])], options());
    const rings = [...container.querySelectorAll<SVGElement>(".m-site .m-effect")];
    const words = container.querySelector(".vz-map-legend")!.textContent;
    expect(words).toContain("area: effect");
    expect(words).not.toContain("idle");
    expect(rings.map((ring) => [ring.dataset.target, ring.getAttribute("r")])).toEqual([["rgb", "3.5"], ["depth", "7"]]);
    expect(container.querySelector(".m-standing")).toBeNull();
  });

  it("rings whoever stands out a second time, and nobody whose effect is nothing", () => {
    const edges = [
      edge("rgb", "depth", 0.4, { effect: 0.01, standing: "idle" }),
      edge("depth", "rgb", 0.1, { effect: 1, standing: "decisive" }),
      edge("normals", "rgb", 0, { effect: 0 }),
    ];
    map.update([network("e", [site("1", 0, edges, { targets: ["rgb", "depth", "normals"] })], ["rgb", "depth", "normals"])], options());
    const around = [...container.querySelectorAll<SVGElement>(".m-site .m-standing")];
    expect(around.map((ring) => [ring.dataset.target, ring.getAttribute("class"), ring.getAttribute("r")])).toEqual([
      ["rgb", "m-standing m-idle", "4"], ["depth", "m-standing m-decisive", "10"],
    ]);
    expect(container.querySelectorAll(".m-site .m-effect")).toHaveLength(2);
    const words = container.querySelector(".vz-map-legend")!.textContent;
    expect(words).toContain("loud but idle");
    expect(words).toContain("quiet but decisive");
  });

  it("leaves nothing behind", () => {
    const gone = button("a", "1");
    map.destroy();
    expect(container.childNodes).toHaveLength(0);
    gone.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    expect(selected).toEqual([]);
  });
});
