import type { Node } from "../../ir/index.js";
import { likeInput, type ShapeRule, type TypedDims } from "./rule.js";

/** Heads, positions and width of an operand of an attention, of either rank. */
function headsOf(node: Node, name: string, x: TypedDims | undefined) {
  const [, first = 0, second = 0, last = 0] = x?.dims ?? [];
  if (x?.dims.length === 4) return { heads: first, positions: second, width: last };
  const heads = node.int(name) ?? 0;
  const fits = x?.dims.length === 3 && heads > 0 && second % heads === 0;
  return fits ? { heads, positions: first, width: second / heads } : undefined;
}

const attention: ShapeRule = (node, inputs) => {
  const [x, v] = [inputs.input(0), inputs.input(2)];
  const queries = headsOf(node, "q_num_heads", x);
  const [keys, values] = [headsOf(node, "kv_num_heads", inputs.input(1)), headsOf(node, "kv_num_heads", v)];
  if (!x || !v || !queries || !keys || !values) return undefined;
  const [batch = 0] = x.dims;
  const total = keys.positions + (inputs.input(4)?.dims[2] ?? 0);
  const { heads, positions } = queries;
  const wide = [batch, heads, positions, values.width];
  const { elementType } = x;
  return [
    { dims: x.dims.length === 4 ? wide : [batch, positions, heads * values.width], elementType },
    { dims: [batch, keys.heads, total, keys.width], elementType },
    { dims: [batch, values.heads, total, values.width], elementType: v.elementType },
    { dims: [batch, heads, positions, total], elementType },
  ];
};

export const attentionShapes: readonly (readonly [string, ShapeRule])[] = [
  ["Attention", attention],
  ["RotaryEmbedding", likeInput((_, { dims }) => dims)],
];
