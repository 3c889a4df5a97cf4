/** What all cells show together: by task, by kind of map, or the site that is selected. */

import type { Document, LayerInfo, Network } from "./document";
import { MOST_CELLS, type State } from "./state";

export interface Preset {
  name: string;
  title: string;
  /** Keys of layers; `columns` of them stand side by side, 0 where any number may. */
  cells: string[];
  columns: number;
}

export const PHOTOGRAPH = "picture|colour";
/** The order in which tasks are named. */
const USUAL = ["semseg", "depth", "normals"];
const SENSOR = "picture|depth";
/** How the keys of further pictures of the scene begin, which networks that make pictures take. */
const DOMAIN = "picture|domain ";

/** Everything that this document can show at once, the overview first; "own" is what `state` chose. */
export function presets(document: Document, state: Pick<State, "site" | "cells">): Preset[] {
  const found = [overview(document), ...byTask(document), ...byKind(document)];
  const site = siteCells(document, state.site);
  if (site.length) found.push(preset("site", "site", site, document));
  found.push(preset("scales", "initial", document.layers.filter(isInitial).map(key)));
  found.push(preset("between", "pairs", document.layers.filter((l) => l.key.includes("|between|")).map(key)));
  found.push(preset("change", "change", changed(document)));
  found.push(preset("pinned", "against pinned", document.layers.filter((l) => l.key.startsWith("difference|")).map(key)));
  const own = state.cells.filter((name) => document.layers.some((layer) => layer.key === name));
  if (own.length) found.push({ name: "own", title: "own", cells: own, columns: 0 });
  return found.filter((one) => one.cells.length && one.cells.some((name) => name !== PHOTOGRAPH));
}

/** The preset of that name, or the first. */
export function chosen(document: Document, state: Pick<State, "preset" | "site" | "cells">): Preset {
  const all = presets(document, state);
  return all.find((one) => one.name === state.preset) ?? all[0];
}

/** The photograph and every network's answer, and under them depth: what the sensor saw, what networks say. */
function overview(document: Document): Preset {
  const first = has(document, PHOTOGRAPH) ? PHOTOGRAPH : has(document, SENSOR) ? SENSOR : (domains(document)[0] ?? SENSOR);
  const networks = document.networks.slice(0, MOST_CELLS / 2 - 1);
  const upper = networks.map((n) => answer(document, n, "semseg") ?? anyAnswer(document, n));
  const lower = networks.map((n) => answer(document, n, "depth") ?? confidence(document, n) ?? anyAnswer(document, n));
  const below = [SENSOR, "reference|depth", "reference|semseg"].find((name) => has(document, name) && name !== first);
  const rows = below ? [first, ...upper, below, ...lower] : [first, ...upper];
  const cells = rows.filter((name): name is string => name !== null);
  return { name: "overview", title: "overview", cells, columns: cells.length === rows.length ? networks.length + 1 : 0 };
}

function byTask(document: Document): Preset[] {
  const found = new Set(document.layers.filter((l) => l.task && !l.made).map((l) => l.task));
  const tasks = [...USUAL.filter((task) => found.has(task)), ...[...found].filter((task) => !USUAL.includes(task))];
  return tasks.map((task) => {
    const layers = document.layers.filter((l) => l.task === task && isOutput(l));
    const pictures = task === "depth" ? [SENSOR] : task === "image" ? domains(document) : [];
    return preset(task, task, [...pictures.filter((name) => has(document, name)), ...layers.map(key)], document);
  });
}

function domains(document: Document): string[] {
  return document.layers.map(key).filter((name) => name.startsWith(DOMAIN));
}

function byKind(document: Document): Preset[] {
  const ending = (end: string) => document.layers.filter((l) => !l.key.includes("|scale_") && l.key.endsWith(end)).map(key);
  return [
    preset("confidence", "confidence", ending("|confidence"), document),
    preset("entropy", "entropy", ending("|entropy"), document),
    preset("error", "errors", ending("|error"), document),
  ];
}

/** Where something was changed: every answer before, after and the difference; then what moved within. */
function changed(document: Document): string[] {
  const made = document.layers.filter((l) => l.made && l.key.endsWith("|change"));
  return made.flatMap((layer) => [...layer.made!.of, layer.key]);
}

/** The maps of a site into its target, then into its others; all of its layers are there to choose. */
function siteCells(document: Document, site: State["site"]): string[] {
  if (!site) return [];
  const layers = document.layers.filter((l) => l.group === site.network && l.site === site.site);
  const mine = layers.filter((l) => l.target === site.target);
  return [...mine, ...layers.filter((l) => l.target !== site.target)].map(key);
}

function preset(name: string, title: string, cells: string[], document?: Document): Preset {
  const photo = document && has(document, PHOTOGRAPH) ? [PHOTOGRAPH] : [];
  return { name, title, cells: cells.length ? [...photo, ...cells].slice(0, MOST_CELLS) : [], columns: 0 };
}

/** By task, what a network says in the end. */
export function answer(document: Document, network: Network, task: string): string | null {
  const names = [`${network.name}|${task}/ensemble`, `${network.name}|${task}`];
  return names.find((name) => has(document, name)) ?? null;
}

/** The answers of a network, by task. */
export function answers(document: Document, network: Network): [string, LayerInfo][] {
  const tasks = [...new Set(document.layers.filter((l) => l.group === network.name && l.task && !l.made).map((l) => l.task))];
  return tasks.flatMap((task): [string, LayerInfo][] => {
    const name = answer(document, network, task);
    const layer = document.layers.find((l) => l.key === name);
    return layer ? [[task, layer]] : [];
  });
}

function anyAnswer(document: Document, network: Network): string | null {
  return answers(document, network)[0]?.[1].key ?? null;
}

function confidence(document: Document, network: Network): string | null {
  const name = `${answer(document, network, "semseg")}|confidence`;
  return has(document, name) ? name : null;
}

function isOutput(layer: LayerInfo): boolean {
  return !layer.made && !isInitial(layer) && !/\|(confidence|entropy)$/.test(layer.key) && layer.group !== "picture";
}

function isInitial(layer: LayerInfo): boolean {
  return layer.key.includes("|scale_") && !/\|(confidence|entropy)$/.test(layer.key);
}

function has(document: Document, name: string): boolean {
  return document.layers.some((layer) => layer.key === name);
}

function key(layer: LayerInfo): string {
  return layer.key;
}

/** How many columns make `count` cells of an aspect (width / height) largest in a box; each has `extra` pixels of text. */
export function columnsFor(count: number, aspect: number, width: number, height: number, extra: number): number {
  let [best, most] = [1, 0];
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const side = Math.min(width / columns, (height / rows - extra) * aspect);
    if (side > most + 0.5) [best, most] = [columns, side];
  }
  return best;
}
