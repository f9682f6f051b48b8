import type { Box, SceneView } from "../scene.js";

/** Results beyond these are counted but not listed. */
export const MOST_LISTED = 200;

/** Boxes whose name or operator holds the words, in the order of the network. */
export function findBoxes(view: SceneView, words: string): number[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === "") return [];
  const found: number[] = [];
  view.boxes.forEach((box, index) => {
    if (index > 0 && textsOf(box).some((text) => text.toLowerCase().includes(wanted))) found.push(index);
  });
  return found;
}

function textsOf({ title, card }: Box): string[] {
  return card ? [card.op, card.name, ...card.outputs.map(({ name }) => name)] : [title];
}
