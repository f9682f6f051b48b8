import type { Box, Card, Field, Port, SceneView, Status, TensorCard } from "../scene.js";
import type { Tree } from "./arrangement.js";
import { button, element } from "./dom.js";
import type { Palette } from "./palette.js";
import { stripElement } from "./strip.js";

/** What the panel needs to show a box of a view and to lead on from there. */
export interface DetailsContext {
  readonly palette: Palette;
  readonly width: number;
  readonly isDiff: boolean;
  goTo(view: number, box: number): void;
  showGroup(view: number, group: number): void;
}

/** One selected box: where it is. */
export interface Place {
  readonly view: number;
  readonly tree: Tree;
  readonly box: number;
}

const STATUS_TEXT: Readonly<Record<Status, string>> = {
  same: "the same in both",
  added: "added",
  removed: "removed",
  changed: "changed",
};

/** All that is known of a box; of two that are the same, of both. */
export function details(places: readonly Place[], context: DetailsContext): Node[] {
  const [first, second] = places;
  if (!first) return [];
  const box = first.tree.box(first.box);
  const heading = element("h3", { text: box.card?.op ?? box.title });
  const name = element("p", { class: "name", text: box.card?.name ?? box.subtitle });
  const status = context.isDiff
    ? [element("p", { class: `status ${box.status}`, text: STATUS_TEXT[box.status] })]
    : [];
  const both = second ? [first, second] : [first];
  return [
    heading,
    name,
    ...status,
    ...both
      .flatMap(({ tree, box: at }) => cardOf(tree, at)?.changes ?? [])
      .map(pairOf)
      .reduce(intoList, []),
    ...both.flatMap((place) => stripsOf(place, context)),
    ...both.flatMap((place) => sideOf(place, both.length > 1, context)),
  ];
}

function cardOf(tree: Tree, box: number): Card | undefined {
  return tree.box(box).card;
}

function stripsOf({ tree, box }: Place, { palette, width }: DetailsContext): Node[] {
  const strips = cardOf(tree, box)?.strips ?? [];
  return strips.map((strip) => stripElement(strip, palette, width));
}

function sideOf(place: Place, isPair: boolean, context: DetailsContext): Node[] {
  const { tree, box } = place;
  const title = isPair ? [element("h4", { class: "side", text: tree.view.label })] : [];
  const { card } = tree.box(box);
  return [...title, ...(card ? cardParts(card, place, context) : motifParts(place, context))];
}

function cardParts(card: Card, place: Place, context: DetailsContext): Node[] {
  const { view, tree } = place;
  const ports = (name: string, list: readonly Port[]) =>
    list.length === 0 ? [] : [section(name, ...list.map((port) => portElement(port, place, context)))];
  return [
    ...fields("cost", card.costs),
    ...ports("inputs", card.inputs),
    ...ports("outputs", card.outputs),
    ...fields("attributes", card.attributes),
    ...card.tensors.map(tensorElement),
    ...card.groups.map((group) => groupElement(tree.view, view, group, context)),
    ...card.barriers.map((text) => element("p", { class: "faint", text })),
  ];
}

/** Of what folds: how many operators of each kind are inside, and what became of them. */
function motifParts({ tree, box, view }: Place, context: DetailsContext): Node[] {
  const inside = leavesIn(tree, box);
  const ops = counted(inside.map((each) => each.card?.op ?? ""));
  const became = counted(inside.map(({ status }) => STATUS_TEXT[status]));
  const parts = (tree.children[box] ?? []).slice(0, 100);
  return [
    ...(context.isDiff ? fields("compared", became) : []),
    section("inside", ...parts.map((child) => linkTo(tree.box(child), () => context.goTo(view, child)))),
    ...fields("operators", ops),
  ];
}

function leavesIn(tree: Tree, box: number): Box[] {
  const found: Box[] = [];
  const open = [box];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (tree.box(at).card) found.push(tree.box(at));
    open.push(...(tree.children[at] ?? []));
  }
  return found;
}

function counted(texts: readonly string[]): Field[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([text, count]): Field => [text, String(count)]);
}

function portElement(port: Port, { view, tree }: Place, context: DetailsContext): Node {
  return element(
    "div",
    { class: "port" },
    element("span", { class: "mono", text: port.name }),
    element("span", { class: "faint", text: ` ${port.type}` }),
    ...port.boxes.slice(0, 20).map((box) => linkTo(tree.box(box), () => context.goTo(view, box))),
  );
}

function linkTo(box: Box, go: () => void): HTMLButtonElement {
  const made = button(
    box.card ? `${box.card.op} ${box.card.name}` : `${box.title}: ${box.subtitle}`,
    "go there",
    go,
  );
  made.className = "link";
  return made;
}

function tensorElement({ name, type, statistics }: TensorCard): Node {
  return section(
    "",
    element("p", { class: "mono", text: `${name}  ${type}` }),
    ...statistics.map(pairOf).reduce(intoList, []),
  );
}

function groupElement(
  { groups }: SceneView,
  view: number,
  index: number,
  { showGroup }: DetailsContext,
): Node {
  const group = groups[index];
  const made = button(`channel group ${group?.id}: ${group?.title}`, "mark its layers", () =>
    showGroup(view, index),
  );
  made.className = "link";
  return made;
}

function section(title: string, ...children: readonly Node[]): HTMLElement {
  const heading = title === "" ? [] : [element("h4", { text: title })];
  return element("section", {}, ...heading, ...children);
}

function fields(title: string, list: readonly Field[]): Node[] {
  return list.length === 0 ? [] : [section(title, ...list.map(pairOf).reduce(intoList, []))];
}

function pairOf([name, text]: Field): [Node, Node] {
  return [element("dt", { text: name }), element("dd", { text })];
}

/** Gathers terms into one list. */
function intoList(list: Node[], pair: [Node, Node]): Node[] {
  const [made = element("dl")] = list;
  (made as HTMLElement).append(...pair);
  return [made];
}

/** What is said of a model while nothing is selected. */
export function overviewOf(view: SceneView): Node[] {
  return [element("h3", { text: view.label }), ...view.summary.map(pairOf).reduce(intoList, [])];
}
