/** All classes that the pictures on show have, with their shares; one may be highlighted in all of them. */

import type { Document, LayerInfo } from "./document";
import { percent } from "./format";
import { fill, h } from "./html";
import { className, titleOf } from "./readout";
import { classShares } from "./stats";
import type { State } from "./state";
import type { Store } from "./store";

/** So many stand there before "+N more" is pressed. */
const SHOWN = 10;

export class Legend {
  readonly element = h("div", { class: "vv-legend", role: "group", "aria-label": "classes; click one to see it everywhere" });
  private all = false;

  constructor(private readonly store: Store, private readonly highlight: (index: number | null) => void) {}

  draw(document: Document, state: State, shown: LayerInfo[]): void {
    const layers = [...new Set(shown)].filter((layer) => layer.kind === "classes");
    const largest = this.largest(document, layers);
    const order = [...largest].sort((a, b) => b[1].share - a[1].share);
    const highlighted = order.findIndex(([index]) => index === state.highlighted);
    const count = this.all ? order.length : Math.max(SHOWN, highlighted + 1);
    const items = order.slice(0, count).map(([index, found]) => this.item(document, state, index, found));
    const rest = order.length - count;
    const more = rest > 0 || this.all ? h("button", { type: "button", class: "vv-quiet", click: () => { this.all = !this.all; this.draw(document, state, shown); } }, rest > 0 ? `+${rest} more` : "fewer") : null;
    fill(this.element, ...items, more);
    this.element.hidden = !order.length;
  }

  /** By class, its largest share among the pictures, and where that is. */
  private largest(document: Document, layers: LayerInfo[]): Map<number, { share: number; where: string }> {
    const found = new Map<number, { share: number; where: string }>();
    for (const layer of layers) {
      const loaded = this.store.get(document, layer);
      for (const [index, share] of loaded ? classShares(loaded.grid, loaded.info, null) : []) {
        if (share > (found.get(index)?.share ?? 0)) found.set(index, { share, where: titleOf(document, layer) });
      }
    }
    return found;
  }

  private item(document: Document, state: State, index: number, found: { share: number; where: string }): HTMLElement {
    const pressed = state.highlighted === index;
    const colour = document.classes.palettes[state.palette][index] ?? "#000";
    const text = `${className(document, index)}: up to ${percent(found.share)} of the picture (${found.where})`;
    return h(
      "button", { type: "button", class: "vv-chip", title: text, "aria-pressed": String(pressed), "data-class": String(index), click: () => this.highlight(pressed ? null : index) },
      h("i", { style: `background:${colour}` }), className(document, index),
    );
  }
}
