/** What the network map says of its marks. */

import type { Edge, Network, SiteInfo } from "./document";
import type { Measure } from "./map_layout";

/** What the width of a band is, by measure. */
export const WIDTHS: Record<Measure, string> = {
  share: "width: share of what varies in the receiver's output, in this picture",
  fixed: "width: part of the receiver's channels or weights, the same for every picture",
};

/** What the area of a ring is. */
export const EFFECT = "area: effect of a cut, as part of that of cutting all";
/** Edges that stand out. */
export const STANDINGS = { idle: "loud but idle", decisive: "quiet but decisive" };

export const NOTHING_MIXES = "nothing mixes here";
/** Where a method has no number that is the same for every picture. */
export const NOTHING_FIXED = "no number here is the same for every picture";

/** One edge, under the name of its site. */
export function edgeSentence(network: Network, site: SiteInfo, edge: Edge, measure: Measure): string {
  const called = (name: string) => network.flow?.streams.find((stream) => stream.name === name)?.title ?? name;
  const said = measure === "share" ? edge.sentence : edge.fixedSentence || `${capital(NOTHING_FIXED)}.`;
  return `${network.title}: ${site.title}, ${called(edge.source)} to ${called(edge.target)}. ${said}`;
}

/** A whole site: its name and, target by target, what is known of it; each sentence once. */
export function siteSentence(network: Network, site: SiteInfo, measure: Measure, target?: string): string {
  const targets = target === undefined ? site.targets : [target];
  const edges = site.edges.filter((edge) => targets.includes(edge.target));
  const fixed = measure === "fixed" ? edges.map((edge) => edge.fixedSentence).filter(Boolean) : [];
  const said = fixed.length ? fixed : targets.map((name) => site.sentences[name] ?? "");
  return [`${network.title}: ${site.title}.`, ...new Set(said.filter(Boolean))].join(" ");
}

/** A stage's heading within that many pixels: "stage 5", or "5" where there is room for no more. */
export function heading(label: string, pixels: number, perLetter: number): string {
  const number = /^[a-z]+ (\d+)$/i.exec(label)?.[1];
  return number && label.length * perLetter > pixels ? number : fitted(label, pixels, perLetter);
}

/** Cut to about that many pixels, with an ellipsis. */
export function fitted(text: string, pixels: number, perLetter: number): string {
  const letters = Math.max(2, Math.floor(pixels / perLetter));
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
