/** What a page, a file and a notebook call: `mount` puts an instrument into an element. */

import type { Document } from "./document";
import { Instrument, type Host } from "./instrument";
import { read, written } from "./state";
import css from "./style.css";

export { read, written, Instrument };
export type { Host };

/** An instrument in `element`; `address` holds what was set before, as `written` wrote it. */
export function mount(element: HTMLElement, host: Host, address = ""): Instrument {
  style();
  const instrument = new Instrument(host, read(new URLSearchParams(address)));
  element.replaceChildren(instrument.element);
  return instrument;
}

/** A document and its values, base64, from one file: nothing is fetched. */
export function mountFile(element: HTMLElement, document: Document, values: Record<string, string>): Instrument {
  const fetch = async (_key: string, id: string): Promise<ArrayBuffer> => {
    const text = values[id];
    if (text === undefined) throw new Error("these values were left out of the file");
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer as ArrayBuffer;
  };
  const host: Host = { fetch, changed: (state) => history.replaceState(null, "", `#${written(state)}`) };
  const instrument = mount(element, host, location.hash.slice(1));
  instrument.open(document);
  return instrument;
}

/** Values from a server, by the address of the page's own folder for them. */
export function fetchFrom(base: string): Host["fetch"] {
  return async (key, id) => {
    const answer = await fetch(`${base}/${key}/${id}`);
    if (!answer.ok) throw new Error(answer.status === 404 ? "no longer kept on the server; press Run again" : `the server answered ${answer.status}`);
    return answer.arrayBuffer();
  };
}

function style(): void {
  if (document.getElementById("vv-style")) return;
  const element = document.createElement("style");
  element.id = "vv-style";
  element.textContent = css;
  document.head.append(element);
}
