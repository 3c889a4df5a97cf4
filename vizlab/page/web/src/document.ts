/** What the server says of one analysis: `vizlab.views.document` writes it, everything here reads it. */

/** A number, or null where it is undefined. */
export type Maybe = number | null;

export interface Document {
  version: 1;
  /** Names the analysis; the same question has the same key. */
  key: string;
  picture: { title: string; scene: string | null; size: [height: number, width: number]; digest: string };
  /** Maps of the picture's size keep every `stride`-th pixel as it is, the first at `offset`: what is pointed at is one of these. */
  sampling: Sampling;
  networks: Network[];
  layers: LayerInfo[];
  classes: { names: string[]; palettes: Record<string, string[]> };
  /** 256 colours of six hexadecimal digits, from low to high. */
  colormaps: Record<string, string>;
}

export interface Sampling { stride: number; offset: number }

export interface Network {
  name: string;
  /** How it is written where there is little room; never changes with what else is shown. */
  title: string;
  family: string;
  method: string;
  settings: Record<string, number>;
  checkpoint: string;
  precision: string;
  device: string;
  seconds: number;
  flow: Flow | null;
}

/** The network map's data: streams as lanes, sites in network order, what each edge carries. */
export interface Flow {
  streams: Stream[];
  sites: SiteInfo[];
  /** In which order sites stand, in words. */
  order: string;
}

export interface Stream { name: string; title: string; colour: string }

export interface SiteInfo {
  /** The tensor path. */
  name: string;
  /** "site 14 of 17, stage 5, 576 channels": one name for one site everywhere. */
  title: string;
  /** "14", for where there is little room. */
  short: string;
  kind: string;
  stage: string;
  channels: number;
  /** Sites that work side by side (several scales) share a column of the map. */
  column: number;
  targets: string[];
  /** No other stream could send here: every target does something by itself. */
  apart: boolean;
  /** Empty where nothing is added up (feature propagation). */
  edges: Edge[];
  sentences: Record<string, string>;
}

/** What one stream sends to another at one site. */
export interface Edge {
  target: string;
  source: string;
  /** The stream that the source is, or is an earlier stage of. */
  lane: string;
  /** Of the variance of the target's output in this picture, 0..1, may be negative or above 1; null where undefined. */
  share: Maybe;
  /** The same for every picture: exchanged fraction, relative norm of a block; null where the method has none. */
  fixed: Maybe;
  /** What `fixed` is, in words, with its denominator. */
  fixedSentence: string;
  /** How far its target's own task moves when it is cut, of how far it moves with every edge cut; null until that is known. */
  effect: Maybe;
  /** Who stands out among the edges of a network: loud but idle, quiet but decisive. */
  standing: "idle" | "decisive" | null;
  /** Both numbers with their denominators, for people. */
  sentence: string;
}

export type Kind = "colour" | "classes" | "scalar" | "signed" | "normals" | "mask";

export interface LayerInfo {
  key: string;
  title: string;
  /** "picture", "reference" or a network's name. */
  group: string;
  kind: Kind;
  unit: string;
  /** What its values mean. */
  sentence: string;
  /** Layers of one row may share a colour range. */
  row: string;
  colormap: string;
  /** The automatic colour range. */
  low: number;
  high: number;
  /** Digits after the point that its values are kept and read out with. */
  digits: number;
  /** Rows and columns of values, and how many pixels of the picture one of them covers. */
  shape: [rows: number, columns: number];
  cell: [height: number, width: number];
  /** Where its values come from; null where `made` says how they follow from other layers. */
  values: Values | null;
  made: Made | null;
  /** The document that holds its values, where that is another one (what was pinned). */
  home?: string;
  task: string;
  site: string;
  target: string;
  source: string;
}

/** Packed values: see `decode.ts`. */
export interface Values {
  id: string;
  planes: number;
  form: "numbers" | "bytes" | "image";
}

/** How two layers make a third: second less first, its size, the angle between directions in degrees, other classes. */
export type Operation = "difference" | "absolute" | "angle" | "mismatch";

/** A layer that the browser makes of others. */
export interface Made { by: Operation; of: [string, string] }
