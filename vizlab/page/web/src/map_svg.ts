/** Elements of a drawing, with their attributes. */

const SVG = "http://www.w3.org/2000/svg";

export type Attributes = Record<string, string | number>;

export function element(name: string, attributes: Attributes = {}): SVGElement {
  const made = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

export function html(name: string, attributes: Attributes = {}): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

export function text(words: string, attributes: Attributes): SVGElement {
  const made = element("text", attributes);
  made.textContent = words;
  return made;
}

export function title(words: string): SVGElement {
  const made = element("title");
  made.textContent = words;
  return made;
}

export function withTitle(made: SVGElement, words: string): SVGElement {
  made.append(title(words));
  return made;
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
