import { type CostTable, costTable } from "../analysis/index.js";
import { sourceOf } from "../diff/index.js";
import { Node, topologicalOrder, type Value } from "../ir/index.js";
import type { MotifInstance, PrimitiveCall } from "../motifs/index.js";
import { kindOf, lookupOp } from "../ops/index.js";
import { type CardContext, nodeCard, type PlainCard, portCard, typeText } from "./cards.js";
import { type Face, faceOf } from "./face.js";
import { type Draft, Hierarchy, valuesRead } from "./hierarchy.js";
import { layOut } from "./layers.js";
import { percentText } from "./numbers.js";
import type { Box, Card, Edge, Field, GroupCard, SceneView, Status, Strip } from "./scene.js";
import { barrierTexts, type Subject, summaryOf } from "./subject.js";

/** What another model says about this one's nodes. */
export interface Marks {
  statusOf(content: Node | Value): Status;
  changesOf(node: Node): readonly Field[];
  stripsOf(node: Node): readonly Strip[];
}

export interface BuiltView {
  readonly view: SceneView;
  readonly boxOf: ReadonlyMap<Node | Value, number>;
}

/** Boxes, rows and cards of one model. */
export function buildView(subject: Subject, marks: Marks): BuiltView {
  return new ViewBuilder(subject, marks).build();
}

class ViewBuilder {
  readonly #hierarchy: Hierarchy;
  readonly #cost: CostTable;
  readonly #context: CardContext;
  readonly #children: number[][];
  readonly #edges: Map<number, [number, number]>[];
  /** Operators and multiply-accumulates inside each box. */
  readonly #operators: Int32Array;
  readonly #macs: Float64Array;
  readonly #status: Status[];
  /** The first of the operators inside each box, by the order of the data. */
  readonly #first: Int32Array;

  constructor(
    readonly subject: Subject,
    readonly marks: Marks,
  ) {
    const { model, shapes, tree } = subject;
    this.#hierarchy = new Hierarchy(tree);
    this.#cost = costTable(model.graph, shapes.of);
    const { drafts, boxOf } = this.#hierarchy;
    this.#context = { shapes, cost: this.#cost, boxOf };
    this.#children = drafts.map(() => []);
    this.#edges = drafts.map(() => new Map());
    this.#operators = new Int32Array(drafts.length);
    this.#macs = new Float64Array(drafts.length);
    this.#first = new Int32Array(drafts.length).fill(model.graph.nodes.length);
    this.#status = drafts.map((draft) => this.#ownStatus(draft));
    for (const [box, { parent }] of drafts.entries()) if (parent >= 0) this.#children[parent]?.push(box);
    this.#sum();
    this.#link();
  }

  build(): BuiltView {
    const { drafts, boxOf } = this.#hierarchy;
    const sizes = drafts.map((draft, box) => this.#face(draft, box));
    const places = drafts.map(() => ({ row: 0, x: 0 }));
    const insides = drafts.map((draft, box) => {
      const children = this.#children[box] as number[];
      if (draft.type !== "motif" && draft.type !== "operation") return undefined;
      const position = new Map(children.map((child, i) => [child, i]));
      const local = (end: number) => (end < 0 ? -1 : (position.get(end) as number));
      const pairs = [...(this.#edges[box] as Map<number, [number, number]>).values()];
      const layers = layOut({
        widths: children.map((child) => sizes[child]?.width ?? 0),
        edges: pairs.map(([from, to]) => [local(from), local(to)] as const),
        priority: children.map((child) => this.#first[child] as number),
      });
      children.forEach((child, i) => {
        places[child] = { row: layers.row[i] as number, x: layers.x[i] as number };
      });
      const edges = pairs.map(([from, to], i): Edge => ({ from, to, bends: layers.bends[i] ?? [] }));
      return { rows: layers.rows, edges, operators: this.#operators[box] as number };
    });
    const groups = this.#groups();
    const groupsAt = new Map<number, number[]>();
    for (const [index, { boxes }] of groups.entries())
      for (const box of boxes) groupsAt.set(box, [...(groupsAt.get(box) ?? []), index]);
    const boxes = drafts.map((draft, box): Box => {
      const inside = insides[box];
      const card = this.#card(draft);
      return {
        parent: draft.parent,
        ...(sizes[box] as Face),
        status: this.#status[box] as Status,
        ...(places[box] as { row: number; x: number }),
        ...(inside ? { inside } : {}),
        ...(card ? { card: { ...card, groups: groupsAt.get(box) ?? [] } } : {}),
      };
    });
    return {
      view: { label: this.subject.label, summary: summaryOf(this.subject, this.#cost), boxes, groups },
      boxOf,
    };
  }

  #ownStatus({ content, type }: Draft): Status {
    return type === "motif" || type === "operation" ? "same" : this.marks.statusOf(content as Node | Value);
  }

  /** From the innermost boxes outwards. */
  #sum(): void {
    const { drafts } = this.#hierarchy;
    const { graph } = this.subject.tree;
    const order = new Map((topologicalOrder(graph) ?? graph.nodes).map((node, at) => [node, at]));
    for (let box = drafts.length - 1; box >= 0; box--) {
      const { parent, content } = drafts[box] as Draft;
      if (content instanceof Node) {
        this.#operators[box] = 1;
        this.#first[box] = order.get(content) ?? 0;
        this.#macs[box] = this.#cost.macsOf.get(content) ?? 0;
      } else this.#status[box] = this.#mixedStatus(box);
      if (parent < 0) continue;
      this.#first[parent] = Math.min(this.#first[parent] as number, this.#first[box] as number);
      this.#operators[parent] = (this.#operators[parent] as number) + (this.#operators[box] as number);
      this.#macs[parent] = (this.#macs[parent] as number) + (this.#macs[box] as number);
    }
  }

  #mixedStatus(box: number): Status {
    const children = this.#children[box] as number[];
    if (children.length === 0) return this.#status[box] as Status;
    const found = new Set(children.map((child) => this.#status[child] as Status));
    const [only] = found;
    return found.size === 1 && only ? only : "changed";
  }

  /** Every link in every box that it passes through. */
  #link(): void {
    const { drafts, boxOf } = this.#hierarchy;
    const { graph } = this.subject.tree;
    const join = (from: number | undefined, to: number | undefined) => {
      if (from === undefined || to === undefined || from === to) return;
      const outer = this.#hierarchy.common(drafts[from]?.parent ?? 0, drafts[to]?.parent ?? 0);
      let [a, b] = [from, to];
      for (let at = drafts[a]?.parent ?? 0; at !== outer; [a, at] = [at, drafts[at]?.parent ?? 0])
        this.#edge(at, a, -1);
      for (let at = drafts[b]?.parent ?? 0; at !== outer; [b, at] = [at, drafts[at]?.parent ?? 0])
        this.#edge(at, -1, b);
      this.#edge(outer, a, b);
    };
    for (const node of graph.nodes) {
      const to = boxOf.get(node);
      if (to === undefined) continue;
      for (const value of valuesRead(node)) join(boxOf.get(value.producer ?? value), to);
    }
    for (const output of new Set(graph.outputs)) {
      const { producer } = sourceOf(output);
      if (producer) join(boxOf.get(producer), boxOf.get(output));
    }
  }

  #edge(box: number, from: number, to: number): void {
    const edges = this.#edges[box] as Map<number, [number, number]>;
    edges.set((from + 1) * this.#children.length + to + 1, [from, to]);
  }

  #face({ content, type }: Draft, box: number): Face {
    switch (type) {
      case "motif": {
        const { motif } = content as MotifInstance;
        return faceOf(motif.family.name, this.#insideText(box), "motif");
      }
      case "operation": {
        const { primitive } = content as PrimitiveCall;
        return faceOf(primitive.name, this.#insideText(box), primitive.kind);
      }
      case "node": {
        const node = content as Node;
        const kernel = lookupOp(node)?.window?.(node)?.kernel.join("×") ?? "";
        const output = node.output(0);
        const dims = output && this.subject.shapes.of(output);
        return faceOf(
          `${node.opType} ${kernel}`.trim(),
          dims ? dims.join("×") || "one number" : node.label,
          kindOf(node),
        );
      }
      default: {
        const value = content as Value;
        return faceOf(value.name, typeText(value, this.#context), "port");
      }
    }
  }

  #insideText(box: number): string {
    const share = this.#cost.macs > 0 ? (this.#macs[box] as number) / this.#cost.macs : 0;
    const operators = `${this.#operators[box]} operators`;
    return share > 0 ? `${operators}, ${percentText(share)} of MACs` : operators;
  }

  #card({ content, type }: Draft): Omit<Card, "groups"> | undefined {
    if (type === "motif" || type === "operation") return undefined;
    if (!(content instanceof Node)) {
      const plain: PlainCard = portCard(
        content as Value,
        type === "input" ? "input" : "output",
        this.#context,
      );
      return { ...plain, barriers: [], changes: [], strips: [] };
    }
    return {
      ...nodeCard(content, this.#context),
      barriers: this.#barriersAt(content.label),
      changes: this.marks.changesOf(content),
      strips: this.marks.stripsOf(content),
    };
  }

  #barriers: ReadonlyMap<string, readonly string[]> | undefined;

  #barriersAt(label: string): readonly string[] {
    this.#barriers ??= barrierTexts(this.subject);
    return this.#barriers.get(label) ?? [];
  }

  #groups(): GroupCard[] {
    const byLabel = new Map(
      Array.from(this.#context.boxOf, ([content, box]) => [
        content instanceof Node ? content.label : "",
        box,
      ]),
    );
    return (this.subject.channels?.groups.groups ?? []).map(({ id, size, units, producers, consumers }) => ({
      id,
      title: `${size} channels in ${units} units, ${producers.length} made, ${consumers.length} read`,
      boxes: [...new Set([...producers, ...consumers].flatMap(({ node }) => byLabel.get(node) ?? []))],
    }));
  }
}
