import type { CostModel, MacNode } from "../../channels/index.js";
import type { RunningCost } from "../../channels/running-cost.js";
import type { Node } from "../../ir/index.js";
import { lookupOp } from "../../ops/index.js";

/** Widths that are no multiples of these may cost a kernel more. */
const MULTIPLES = [4, 8];

/**
 * What a plan leaves to do, as numbers in which time is about linear: for every kind of layer its MACs, and those of layers
 * with a width that is no multiple of 4 or of 8; the elements that all of them make; and 1 for what a run costs anyway.
 */
export class LayerWork {
  readonly size: number;
  readonly #kindOf: readonly number[];

  constructor(private readonly costs: CostModel) {
    const kinds = new Map<string, number>();
    this.#kindOf = costs.macNodes.map(({ node }) => {
      const name = kindOf(node);
      const kind = kinds.get(name) ?? kinds.size;
      kinds.set(name, kind);
      return kind;
    });
    this.size = 2 + kinds.size * (1 + MULTIPLES.length);
  }

  /** The numbers at a plan, which `now` has. */
  at(now: RunningCost): Float64Array {
    const row = new Float64Array(this.size);
    const add = (index: number, amount: number) => {
      row[index] = (row[index] as number) + amount;
    };
    add(0, 1);
    this.costs.macNodes.forEach((layer, i) => {
      const { node, macs } = layer;
      const sizes = (value: Parameters<typeof layer.operands.get>[0]) =>
        layer.operands.get(value)?.map((axis) => now.sizeOf(axis));
      const count = macs(node, sizes);
      const output = node.output(0);
      add(1, (output && sizes(output)?.reduce((product, size) => product * size, 1)) || 0);
      const first = 2 + (this.#kindOf[i] as number) * (1 + MULTIPLES.length);
      add(first, count);
      const widths = widthsOf(layer, now);
      MULTIPLES.forEach((multiple, k) => {
        if (widths.some((width) => width % multiple !== 0)) add(first + 1 + k, count);
      });
    });
    return row;
  }
}

/** What is left of the axes that pruning shortens. */
function widthsOf({ operands }: MacNode, now: RunningCost): number[] {
  return [...operands.values()].flatMap((axes) =>
    axes.flatMap((axis) => (axis.width === undefined ? [] : [now.sizeOf(axis)])),
  );
}

/** Layers of one kind take about the same time for a MAC: same operator and window, all equally dense. */
function kindOf(node: Node): string {
  const window = lookupOp(node)?.window?.(node);
  if (!window) return node.opType;
  const density = window.depthwise ? "depthwise" : window.groups > 1 ? "grouped" : "dense";
  return [node.opType, window.kernel.join("x"), density].join(" ");
}
