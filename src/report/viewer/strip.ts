import { NORM_DIGITS, type Strip } from "../scene.js";
import { element } from "./dom.js";
import type { Palette } from "./palette.js";

const HEIGHT = 44;

/** A bar for each channel, as tall as its norm; those that went in another colour. */
export function stripElement(strip: Strip, palette: Palette, width: number): HTMLElement {
  const { tensor, axis, size, removed, note } = strip;
  const gone = removed?.reduce((sum, [first, last]) => sum + last - first + 1, 0) ?? 0;
  const canvas = element("canvas", {
    class: "strip",
    label: `${size} channels, ${removed ? `${gone} removed: ${rangesText(removed)}` : "none known to be removed"}`,
  });
  canvas.setAttribute("role", "img");
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = HEIGHT * ratio;
  paintStrip(canvas, strip, palette);
  const legend = removed && removed.length > 0 ? `removed: ${rangesText(removed)}` : "";
  return element(
    "figure",
    { class: "channels" },
    element("figcaption", { text: `${tensor}, axis ${axis}: ${note === "" ? `${size} channels` : note}` }),
    canvas,
    ...(legend === "" ? [] : [element("p", { class: "faint", text: legend })]),
  );
}

function paintStrip(canvas: HTMLCanvasElement, { size, norms, removed }: Strip, palette: Palette): void {
  const context = canvas.getContext("2d");
  if (!context || size === 0) return;
  const step = canvas.width / size;
  const gap = step > 3 ? 1 : 0;
  const isGone = new Uint8Array(size);
  for (const [first, last] of removed ?? []) isGone.fill(1, first, last + 1);
  for (let channel = 0; channel < size; channel++) {
    const norm = norms === "" ? 0.8 : NORM_DIGITS.indexOf(norms[channel] ?? "0") / 63;
    const height = Math.max(3, norm * canvas.height);
    context.fillStyle = isGone[channel] ? palette.removed : palette.accent;
    context.fillRect(channel * step, canvas.height - height, Math.max(0.75, step - gap), height);
    // What went is told apart without colours as well: it hangs on a line on top.
    if (isGone[channel]) context.fillRect(channel * step, 0, Math.max(0.75, step), 3);
  }
}

/** 0–3, 7, 9–10; of many ranges the first. */
function rangesText(ranges: readonly (readonly [number, number])[]): string {
  const shown = ranges
    .slice(0, 40)
    .map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  return ranges.length > 40 ? `${shown.join(", ")} and ${ranges.length - 40} more ranges` : shown.join(", ");
}
