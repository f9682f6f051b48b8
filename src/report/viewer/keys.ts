import { element } from "./dom.js";
import type { Pane } from "./pane.js";

const HELP: readonly (readonly [string, string])[] = [
  ["drag, wheel", "move, zoom"],
  ["click", "select; open a folded box ⊞; fold an open one by its title ⊟"],
  ["/", "search by name or operator; Enter goes to the next"],
  ["↑ ↓ ← →", "go along the network, and to neighbours"],
  ["Enter", "open, then go inside"],
  ["Esc", "fold, or go out"],
  ["+ − 0 9", "zoom; start; everything at once"],
  ["e, f", "open everything; fold everything"],
  ["?", "this list"],
];

/** What keys can do. */
export interface KeyTarget {
  focusSearch(): void;
  toggleHelp(): void;
  zoom(factor: number): void;
  each(act: (pane: Pane) => void): void;
  openAll(isOpen: boolean): void;
  setOpen(view: number, box: number, isOpen: boolean): void;
  select(view: number, box: number): void;
}

export function helpDialog(): HTMLDialogElement {
  return element(
    "dialog",
    { class: "help" },
    element("h3", { text: "keys" }),
    element(
      "dl",
      {},
      ...HELP.flatMap(([key, what]) => [element("dt", { text: key }), element("dd", { text: what })]),
    ),
  );
}

/** What a key does to the pane that has the focus; false where it does nothing. */
export function press(page: KeyTarget, view: number, pane: Pane, key: string): boolean {
  const at = pane.selected;
  switch (key) {
    case "/":
      page.focusSearch();
      return true;
    case "?":
      page.toggleHelp();
      return true;
    case "+":
    case "=":
      page.zoom(1.4);
      return true;
    case "-":
      page.zoom(1 / 1.4);
      return true;
    case "0":
      page.each((each) => each.fit());
      return true;
    case "9":
      page.each((each) => each.overview());
      return true;
    case "e":
    case "f":
      page.openAll(key === "e");
      return true;
    case "Enter":
      if (at >= 0 && pane.tree.box(at).inside && !pane.open.has(at)) {
        page.setOpen(view, at, true);
        page.select(view, at);
      } else page.select(view, pane.tree.children[at < 0 ? 0 : at]?.[0] ?? at);
      return true;
    case "Escape":
      if (at >= 0 && pane.tree.box(at).inside && pane.open.has(at)) {
        page.setOpen(view, at, false);
        page.select(view, at);
      } else page.select(view, at > 0 && pane.tree.box(at).parent > 0 ? pane.tree.box(at).parent : -1);
      return true;
    case "ArrowUp":
    case "ArrowDown":
    case "ArrowLeft":
    case "ArrowRight": {
      const next = at < 0 ? pane.tree.children[0]?.[0] : neighbour(pane, at, key);
      if (next !== undefined) page.select(view, next);
      return true;
    }
    default:
      return false;
  }
}

/** The nearest box beside a box in the same surroundings; upwards and downwards, along a link where there is one. */
function neighbour(pane: Pane, at: number, key: string): number | undefined {
  const { tree, arrangement } = pane;
  const { parent } = tree.box(at);
  const edges = tree.box(parent).inside?.edges ?? [];
  const linked = new Set(
    key === "ArrowDown"
      ? edges.filter(({ from }) => from === at).map(({ to }) => to)
      : edges.filter(({ to }) => to === at).map(({ from }) => from),
  );
  const centre = (box: number) =>
    [
      (arrangement.x[box] as number) + (arrangement.width[box] as number) / 2,
      (arrangement.y[box] as number) + (arrangement.height[box] as number) / 2,
    ] as const;
  const [x, y] = centre(at);
  const isVertical = key === "ArrowUp" || key === "ArrowDown";
  const sign = key === "ArrowUp" || key === "ArrowLeft" ? -1 : 1;
  let [best, least]: [number | undefined, number] = [undefined, Infinity];
  for (const box of tree.children[parent] ?? []) {
    const [bx, by] = centre(box);
    const ahead = sign * (isVertical ? by - y : bx - x);
    if (box === at || ahead <= 0) continue;
    const aside = Math.abs(isVertical ? bx - x : by - y);
    const cost = ahead + 3 * aside - (isVertical && linked.has(box) ? 1e6 : 0);
    if (cost < least) [best, least] = [box, cost];
  }
  return best;
}
