import type { Box } from "./scene.js";

const LEAST_WIDTH = 80;
const MOST_WIDTH = 260;
const HEIGHT = 40;

/** Widths of an average character in the two sizes of text, and of what stands beside a title. */
const [TITLE_CHARACTER, TITLE_ROOM] = [7.6, 44];
const [SUBTITLE_CHARACTER, SUBTITLE_ROOM] = [6.6, 26];

/** How a box looks while it is folded. */
export type Face = Pick<Box, "title" | "subtitle" | "kind" | "width" | "height">;

/** As wide as its texts, within limits. */
export function faceOf(title: string, subtitle: string, kind: string): Face {
  const wanted = Math.max(
    title.length * TITLE_CHARACTER + TITLE_ROOM,
    subtitle.length * SUBTITLE_CHARACTER + SUBTITLE_ROOM,
  );
  const width = Math.round(Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, wanted)));
  return { title, subtitle, kind, width, height: HEIGHT };
}
