/** What a key does. */

export type Action =
  | { do: "move"; x: number; y: number }
  | { do: "zoom"; by: number }
  | { do: "site" | "scene"; by: number }
  | { do: "layer"; index: number }
  | { do: "full screen" | "present" | "probe" | "clear" };

const FAR = 10;

/** `pointing`: whether arrows belong to the pictures, not to something else that has the focus. */
export function keyAction(key: string, shift: boolean, pointing: boolean): Action | null {
  const step = shift ? FAR : 1;
  const arrows: Record<string, [number, number]> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (key in arrows) return pointing ? { do: "move", x: arrows[key][0], y: arrows[key][1] } : null;
  if (/^[1-9]$/.test(key)) return { do: "layer", index: Number(key) - 1 };
  const plain: Record<string, Action> = {
    "+": { do: "zoom", by: 1.5 }, "=": { do: "zoom", by: 1.5 }, "-": { do: "zoom", by: 1 / 1.5 }, "0": { do: "zoom", by: 0 },
    "[": { do: "site", by: -1 }, "]": { do: "site", by: 1 }, ",": { do: "scene", by: -1 }, ".": { do: "scene", by: 1 },
    f: { do: "full screen" }, v: { do: "present" }, p: { do: "probe" }, Escape: { do: "clear" },
  };
  return plain[key] ?? null;
}
