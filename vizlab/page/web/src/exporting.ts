/** What can be taken along of what is on show: links to files that the page's server makes when they are asked for. */

import type { Document } from "./document";
import { h } from "./html";
import { written, type State } from "./state";

/** What of a state a figure depends on, by its name in an address. */
const LOOKS = ["palette", "ranges", "opacity", "zoom"];

interface Link { text: string; title: string; address: string }

/** A menu of links; `cells` are the keys of the layers on show, `base` is where the page's files are ("…/vizlab"). */
export function exportMenu(document: Document, state: State, cells: string[], base: string): HTMLDetailsElement {
  const rows = links(document, state, cells, base).map(({ title, of }) =>
    h("p", {}, h("b", {}, title), ...of.map(({ text, title, address }) => h("a", { href: address, download: "", title }, text))));
  const menu = h("details", { class: "vv-export" }, h("summary", { title: "figures and numbers of what is shown, the whole analysis" }, "take along"), h("div", {}, ...rows));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")!.focus();
    event.stopPropagation();
  });
  menu.addEventListener("focusout", (event) => { if (!menu.contains(event.relatedTarget as Node | null)) menu.open = false; });
  return menu;
}

/** All links, in groups. */
export function links(document: Document, state: State, cells: string[], base: string): { title: string; of: Link[] }[] {
  const at = (file: string, query: URLSearchParams | null = null) => `${base}/export/${encodeURIComponent(document.key)}/${file}${query?.size ? `?${query}` : ""}`;
  const shown = looks(state, cells), numbers = new URLSearchParams({ cells: cells.join("~") });
  const map = new URLSearchParams(state.measure === "share" ? {} : { measure: state.measure });
  const forms = (file: string, query: URLSearchParams | null, what: string) => ["png", "svg", "pdf"].map((form) => (
    { text: form.toUpperCase(), title: `${what} as ${form.toUpperCase()}, 182 mm wide`, address: at(`${file}.${form}`, query) }));
  return [
    { title: "these pictures", of: cells.length ? [
      ...forms("figure", shown, "the pictures on show"),
      { text: "CSV", title: "their numbers, one value a line", address: at("numbers.csv", numbers) },
      { text: "NPZ", title: "their numbers as arrays of NumPy", address: at("numbers.npz", numbers) },
    ] : [] },
    { title: "network map", of: [...forms("map", map, "the network map"), { text: "CSV", title: "what every site mixed, one edge a line", address: at("sites.csv") }] },
    { title: "everything", of: [
      { text: "HTML", title: "this viewer in one file, which works offline", address: at("report.html") },
      { text: "ZIP", title: "pictures, settings, traces: vizlab replay runs it again and compares every number", address: at("analysis.zip") },
    ] },
  ].filter(({ of }) => of.length);
}

/** Pictures and how they are looked at, as an address has them. */
function looks(state: State, cells: string[]): URLSearchParams {
  const all = written(state), found = new URLSearchParams({ cells: cells.join("~") });
  for (const name of LOOKS) {
    const value = all.get(name);
    if (value) found.set(name, value);
  }
  return found;
}
