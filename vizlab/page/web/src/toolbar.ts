/** Above the pictures: what they show, how they lie over the photograph, and their colours. */

import type { Document, LayerInfo } from "./document";
import { exportMenu } from "./exporting";
import { percent } from "./format";
import { fill, h } from "./html";
import { chosen, presets } from "./presets";
import { rangeOf, rowOf } from "./ranges";
import type { Mode, RangeSetting, State } from "./state";

export interface ToolActions {
  set: (patch: Partial<State>) => void;
  zoomBy: (factor: number) => void;
  whole: () => void;
  fullScreen: () => void;
  pin: () => void;
  present: () => void;
}

const MODES: Record<Mode, string> = { auto: "of each", row: "of its row", lock: "locked" };

export class Toolbar {
  readonly element = h("div", { class: "vv-tools" });
  private readonly choices = h("div", { class: "vv-presets", role: "radiogroup", "aria-label": "what the pictures show (keys 1 to 9)" });
  private readonly opacity = slider("opacity of the layers over the photograph", 0, 1, 0.01);
  private readonly wipe = slider("where the wipe stands, share of the width", 0, 1, 0.005);
  private readonly wiping = h("input", { type: "checkbox", "aria-label": "wipe between photograph and layer" });
  private readonly smooth = h("input", { type: "checkbox", "aria-label": "blend the cells of coarse maps" });
  private readonly palette = h("select", { "aria-label": "class colours: those of PASCAL VOC, or safe for colour-blind eyes", title: "class colours: those of PASCAL VOC, or safe for colour-blind eyes" }, h("option", { value: "voc" }, "PASCAL VOC"), h("option", { value: "safe" }, "colour-blind safe"));
  private readonly pinned = h("button", { type: "button", class: "vv-pin", title: "keep this analysis beside the next ones; everything is then compared with it" }, "pin");
  private readonly editor = h("div", { class: "vv-range", role: "group", "aria-label": "colour range" });
  private readonly exports = h("span", { class: "vv-exports" });
  private editing: { row: string; layer: LayerInfo } | null = null;

  constructor(private readonly actions: ToolActions) {
    const button = (text: string, label: string, click: () => void) => h("button", { type: "button", title: label, "aria-label": label, click }, text);
    this.listen();
    fill(
      this.element, this.choices,
      h("span", { class: "vv-group" }, h("label", { title: "opacity of the layers over the photograph" }, "over ", this.opacity), h("label", {}, this.wiping, "wipe"), this.wipe),
      h("details", { class: "vv-more" }, h("summary", {}, "view"),
        h("div", {}, h("label", {}, this.smooth, " blend the cells of coarse maps"), h("label", {}, "class colours ", this.palette),
          button("full screen", "full screen (f)", actions.fullScreen), button("present", "large type, one view (v)", actions.present))),
      h("span", { class: "vv-group" },
        button("−", "zoom out (-)", () => actions.zoomBy(1 / 1.5)), button("+", "zoom in (+)", () => actions.zoomBy(1.5)),
        button("1:1", "the whole picture (0)", actions.whole), this.pinned,),
      this.exports, this.editor,
    );
  }

  private listen(): void {
    const { set } = this.actions;
    this.opacity.addEventListener("input", () => set({ opacity: Number(this.opacity.value) }));
    this.wipe.addEventListener("input", () => set({ wipe: Number(this.wipe.value) }));
    this.wiping.addEventListener("change", () => set({ wipe: this.wiping.checked ? Number(this.wipe.value) : null }));
    this.smooth.addEventListener("change", () => set({ smooth: this.smooth.checked }));
    this.palette.addEventListener("change", () => set({ palette: this.palette.value === "safe" ? "safe" : "voc" }));
    this.pinned.addEventListener("click", this.actions.pin);
  }

  draw(document: Document, state: State, pinnedTitle: string | null): void {
    this.drawPresets(document, state);
    this.opacity.value = String(state.opacity);
    this.wiping.checked = state.wipe !== null;
    this.wipe.hidden = state.wipe === null;
    if (state.wipe === null) this.wipe.value = "0.5";
    else this.wipe.value = String(state.wipe);
    this.opacity.setAttribute("aria-valuetext", percent(state.opacity));
    this.wipe.setAttribute("aria-valuetext", `${percent(Number(this.wipe.value))} from the left`);
    this.smooth.checked = state.smooth;
    this.palette.value = state.palette;
    this.pinned.textContent = pinnedTitle ? "unpin" : "pin";
    this.pinned.title = pinnedTitle ? `pinned: ${pinnedTitle}. Click to let it go.` : "keep this analysis beside the next ones; everything is then compared with it";
    if (this.editing) this.drawEditor(document, state);
  }

  /** The choices are made anew only where there are others. */
  private drawPresets(document: Document, state: State): void {
    const all = presets(document, state);
    const names = all.map((one) => one.name).join();
    if (this.choices.dataset.names !== names) {
      this.choices.dataset.names = names;
      fill(this.choices, ...all.map((one, index) => h(
        "button", { type: "button", role: "radio", "data-preset": one.name, title: index < 9 ? `key ${index + 1}` : "", click: () => this.actions.set({ preset: one.name }) },
        one.title,
      )));
    }
    const current = chosen(document, state)?.name;
    for (const button of this.choices.querySelectorAll("button")) button.setAttribute("aria-checked", String(button.dataset.preset === current));
  }

  /** The menu of what can be taken along, anew where one of its links is another one; it stays open. */
  offer(document: Document, state: State, cells: string[], base: string): void {
    const menu = exportMenu(document, state, cells, base);
    const before = this.exports.querySelector("details");
    if (before && before.innerHTML === menu.innerHTML) return;
    menu.open = before?.open ?? false;
    fill(this.exports, menu);
  }

  edit(document: Document, state: State, layer: LayerInfo): void {
    const row = rowOf(layer);
    this.editing = this.editing?.row === row ? null : { row, layer };
    this.drawEditor(document, state);
    this.editor.querySelector<HTMLSelectElement>("select")?.focus();
  }

  /** Mode, ends and colours of one row. */
  private drawEditor(document: Document, state: State): void {
    const editing = this.editing;
    this.editor.hidden = !editing;
    if (!editing) return fill(this.editor);
    const { row, layer } = editing;
    const now = rangeOf(document, layer, state.ranges);
    const put = (patch: Partial<RangeSetting>) => {
      const { low, high, colormap, mode } = rangeOf(document, layer, this.settings);
      this.settings = { ...this.settings, [row]: { low, high, colormap, mode, ...patch } };
      this.actions.set({ ranges: this.settings });
    };
    this.settings = state.ranges;
    const mode = h("select", { "aria-label": "whose range", change: (e: Event) => put({ mode: (e.target as HTMLSelectElement).value as Mode }) },
      ...Object.entries(MODES).map(([value, text]) => h("option", { value, selected: value === now.mode }, text)));
    const end = (which: "low" | "high") => h("input", {
      type: "number", step: "any", value: Number(now[which].toPrecision(4)), "aria-label": `${which} end${layer.unit ? `, ${layer.unit}` : ""}`,
      change: (e: Event) => { const value = Number((e.target as HTMLInputElement).value); if (Number.isFinite(value)) put({ [which]: value, mode: "lock" }); },
    });
    const colours = h("select", { "aria-label": "colours", change: (e: Event) => put({ colormap: (e.target as HTMLSelectElement).value }) },
      ...Object.keys(document.colormaps).map((name) => h("option", { value: name, selected: name === now.colormap }, name)));
    const close = h("button", { type: "button", "aria-label": "close", click: () => { this.editing = null; this.drawEditor(document, state); } }, "×");
    fill(this.editor, h("b", {}, layer.row || layer.title), "range", mode, end("low"), "to", end("high"), layer.unit, colours, close);
  }

  private settings: Record<string, RangeSetting> = {};
}

function slider(label: string, low: number, high: number, step: number): HTMLInputElement {
  return h("input", { type: "range", min: low, max: high, step, "aria-label": label });
}
