/** One cell of the viewer: a layer over the photograph, and over both what is pointed at. */

import { coloured, type Range } from "./colour";
import { toScreen, view, type Point, type View, type Zoom } from "./geometry";
import type { Region } from "./stats";
import type { Loaded } from "./store";

/** What all cells share when they are drawn. */
export interface Look {
  size: [height: number, width: number];
  zoom: Zoom;
  opacity: number;
  wipe: number | null;
  smooth: boolean;
  palette: string[];
  highlighted: number | null;
  photograph: Loaded | null;
  cursor: Point | null;
  probes: Point[];
  region: Region | null;
}

/** A site's map lies over the photograph even where other layers cover it. */
const OVER_PHOTOGRAPH = 0.78;
/** From so many pixels of screen on, cells of a coarse map have borders. */
const BORDER_FROM = 7;

interface Painted { key: string; pixels: HTMLCanvasElement; clipped: HTMLCanvasElement | null }

export class Cell {
  readonly canvas = document.createElement("canvas");
  readonly overlay = document.createElement("canvas");
  private last: Painted | null = null;

  constructor(readonly frame: HTMLElement) {
    this.overlay.className = "vv-overlay";
    frame.append(this.canvas, this.overlay);
  }

  get width(): number { return this.frame.clientWidth; }
  get height(): number { return this.frame.clientHeight; }

  view(look: Look): View {
    return view(look.zoom, look.size, this.width, this.height);
  }

  /** The layer, over the photograph as far as it lets it through. */
  draw(layer: Loaded | null, look: Look, range: Range, colours: Uint32Array): void {
    const context = this.start(this.canvas);
    if (!layer) return;
    const at = this.view(look);
    const [left, top] = toScreen(at, { x: 0, y: 0 });
    const [width, height] = [look.size[1] * at.k, look.size[0] * at.k];
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    const photo = layer.picture ?? look.photograph?.picture;
    if (photo) context.drawImage(photo, left, top, width, height);
    if (!layer.picture) this.drawLayer(context, layer, look, range, colours, at);
    context.restore();
  }

  private drawLayer(
    context: CanvasRenderingContext2D, layer: Loaded, look: Look, range: Range, colours: Uint32Array, at: View,
  ): void {
    const { pixels, clipped } = this.painted(layer, look, range, colours);
    const [left, top] = toScreen(at, { x: 0, y: 0 });
    const [cellHeight, cellWidth] = layer.info.cell;
    const [width, height] = [pixels.width * cellWidth * at.k, pixels.height * cellHeight * at.k];
    context.save();
    if (look.wipe !== null) {
      const from = look.wipe * this.width;
      context.beginPath();
      context.rect(from, 0, this.width - from, this.height);
      context.clip();
    }
    context.globalAlpha = layer.info.site && look.opacity === 1 && look.photograph ? OVER_PHOTOGRAPH : look.opacity;
    context.imageSmoothingEnabled = look.smooth;
    context.drawImage(pixels, left, top, width, height);
    if (clipped) hatch(context, clipped, left, top, width, height, this.width, this.height);
    if (!look.smooth) borders(context, left, top, width, height, cellWidth * at.k, cellHeight * at.k, cellWidth);
    context.restore();
  }

  /** The layer in colours, one pixel per value; kept until something that decides it changes. */
  private painted(layer: Loaded, look: Look, range: Range, colours: Uint32Array): Painted {
    const info = layer.info;
    const id = info.values?.id ?? info.made!.of.join();
    const numbers = info.kind === "scalar" || info.kind === "signed";
    const shades = numbers ? [range.low, range.high, colours[0], colours[128]] : [];
    const key = [id, info.key, ...shades, ...(info.kind === "classes" ? [look.palette[1], look.highlighted] : [])].join("|");
    if (this.last?.key === key) return this.last;
    const found = coloured(layer.grid, info.kind, colours, range, look.palette, look.highlighted);
    const { rows, columns } = layer.grid;
    const clipped = found.clipped && maskOf(found.clipped, rows, columns);
    return (this.last = { key, pixels: canvasOf(found.pixels, rows, columns), clipped });
  }

  /** Crosshair, probes and region, on a canvas of their own: nothing below is drawn again. */
  point(look: Look): void {
    const context = this.start(this.overlay);
    const at = this.view(look);
    if (look.wipe !== null) line(context, look.wipe * this.width, 0, look.wipe * this.width, this.height, "rgba(255,255,255,.9)");
    if (look.region) this.outline(context, at, look.region);
    look.probes.forEach((probe, index) => this.probe(context, at, probe, String(index + 1)));
    if (look.cursor) this.crosshair(context, at, look.cursor);
  }

  private crosshair(context: CanvasRenderingContext2D, at: View, cursor: Point): void {
    const [x, y] = toScreen(at, { x: cursor.x + 0.5, y: cursor.y + 0.5 });
    for (const [colour, width] of [["rgba(0,0,0,.55)", 3], ["#fff", 1]] as const) {
      line(context, x, 0, x, y - 5, colour, width);
      line(context, x, y + 5, x, this.height, colour, width);
      line(context, 0, y, x - 5, y, colour, width);
      line(context, x + 5, y, this.width, y, colour, width);
    }
  }

  private probe(context: CanvasRenderingContext2D, at: View, probe: Point, text: string): void {
    const [x, y] = toScreen(at, { x: probe.x + 0.5, y: probe.y + 0.5 });
    context.beginPath();
    context.arc(x, y, 7, 0, 2 * Math.PI);
    context.fillStyle = "rgba(0,0,0,.75)";
    context.fill();
    context.strokeStyle = "#fff";
    context.lineWidth = 1.25;
    context.stroke();
    context.fillStyle = "#fff";
    context.font = "600 9px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, x, y + 0.5);
  }

  private outline(context: CanvasRenderingContext2D, at: View, region: Region): void {
    const [left, top] = toScreen(at, { x: region.x0, y: region.y0 });
    const [right, bottom] = toScreen(at, { x: region.x1 + 1, y: region.y1 + 1 });
    for (const [colour, dash] of [["#000", []], ["#fff", [4, 4]]] as const) {
      context.setLineDash([...dash]);
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.strokeRect(left, top, right - left, bottom - top);
    }
    context.setLineDash([]);
  }

  /** A clear canvas in CSS pixels, as sharp as the screen. */
  private start(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d")!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    return context;
  }
}

function canvasOf(pixels: Uint32Array, rows: number, columns: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  const image = new ImageData(new Uint8ClampedArray(pixels.buffer as ArrayBuffer), columns, rows);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas;
}

function maskOf(clipped: Uint8Array, rows: number, columns: number): HTMLCanvasElement {
  const pixels = new Uint32Array(clipped.length);
  for (let i = 0; i < pixels.length; i++) if (clipped[i]) pixels[i] = 0xff000000;
  return canvasOf(pixels, rows, columns);
}

/** Stripes where values are clipped: on the screen, so that they are as wide on every grid. */
function hatch(
  context: CanvasRenderingContext2D, mask: HTMLCanvasElement, left: number, top: number, width: number, height: number,
  boxWidth: number, boxHeight: number,
): void {
  const ratio = window.devicePixelRatio || 1;
  [scratch.width, scratch.height] = [Math.max(1, boxWidth * ratio), Math.max(1, boxHeight * ratio)];
  const own = scratch.getContext("2d")!;
  own.setTransform(ratio, 0, 0, ratio, 0, 0);
  own.imageSmoothingEnabled = false;
  own.drawImage(mask, left, top, width, height);
  own.globalCompositeOperation = "source-in";
  own.fillStyle = (striped ??= stripes(own));
  own.fillRect(0, 0, boxWidth, boxHeight);
  context.drawImage(scratch, 0, 0, boxWidth, boxHeight);
}

/** One canvas and one pattern for all cells: they are drawn one after the other. */
const scratch = document.createElement("canvas");
let striped: CanvasPattern | null = null;

function stripes(context: CanvasRenderingContext2D): CanvasPattern {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const own = tile.getContext("2d")!;
  for (const [colour, shift] of [["rgba(255,255,255,.6)", 0], ["rgba(0,0,0,.6)", 1.2]] as const) {
    for (const start of [-8, 0, 8]) line(own, start + shift, 8, start + 8 + shift, 0, colour);
  }
  return context.createPattern(tile, "repeat")!;
}

/** Thin lines between the cells of a coarse map. */
function borders(
  context: CanvasRenderingContext2D, left: number, top: number, width: number, height: number, stepX: number,
  stepY: number, cellWidth: number,
): void {
  if (cellWidth < 4 || stepX < BORDER_FROM) return;
  for (let x = left + stepX; x < left + width - 1; x += stepX) line(context, x, top, x, top + height, "rgba(128,128,128,.45)");
  for (let y = top + stepY; y < top + height - 1; y += stepY) line(context, left, y, left + width, y, "rgba(128,128,128,.45)");
}

function line(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number, colour: string, width = 1): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
