import { type Choose, type Net, oneOf, type Wire } from "./net.js";
import { pickTokens, type Step } from "./step.js";

/** Attentions of the standard and of onnxruntime: one node, between layers of their own. */

interface Heads {
  readonly count: number;
  readonly depth: number;
}

function projected(net: Net, choose: Choose, { name, dims }: Wire, { count, depth }: Heads): string {
  return net.node("MatMul", [name, net.weight(choose, [dims[1] as number, count * depth])]);
}

/** Heads turned by the angles of their places, or not. */
function placed(net: Net, choose: Choose, name: string, heads: Heads, length: number): string {
  if (heads.depth % 2 === 1 || choose(3) < 2) return name;
  const table = () => net.weight(choose, [length, heads.depth / 2], "s");
  const attributes = choose(2) === 0 ? `num_heads = ${heads.count}` : "";
  return net.node("com.microsoft.RotaryEmbedding", [name, net.integers([0]), table(), table()], attributes);
}

type Attend = (net: Net, choose: Choose, x: Wire) => { readonly name: string; readonly width: number };

/** One weight for queries, keys and values. */
const packed: Attend = (net, choose, x) => {
  const heads = { count: 1 + choose(3), depth: 1 + choose(4) };
  const width = heads.count * heads.depth;
  const weight = net.weight(choose, [x.dims[1] as number, 3 * width]);
  const inputs = [x.name, weight, net.weight(choose, [3 * width], "b")];
  const sizes = choose(3) === 2 ? `, qkv_hidden_sizes = [${width}, ${width}, ${width}]` : "";
  return { name: net.node("com.microsoft.Attention", inputs, `num_heads = ${heads.count}${sizes}`), width };
};

const apart: Attend = (net, choose, x) => {
  const heads = { count: 1 + choose(4), depth: 2 * (1 + choose(2)) };
  const width = heads.count * heads.depth;
  const length = x.dims[0] as number;
  const memory = net.pick(choose, 2, ([size = 0]) => size <= 16) ?? x;
  const q = placed(net, choose, projected(net, choose, x, heads), heads, length);
  const [k, v] = [projected(net, choose, memory, heads), projected(net, choose, memory, heads)];
  const turned = placed(net, choose, k, heads, memory.dims[0] as number);
  const bias = choose(2) === 1 ? [net.weight(choose, [3 * width], "b")] : [];
  const inputs = [q, turned, v, ...bias];
  return { name: net.node("com.microsoft.MultiHeadAttention", inputs, `num_heads = ${heads.count}`), width };
};

/** Heads of eight channels, several of queries for each of keys and values; every place looks back only. */
const grouped: Attend = (net, choose, x) => {
  const batch = net.batch as number;
  const length = x.dims[0] as number;
  const shared = { count: 1 + choose(2), depth: 8 };
  const heads = { count: shared.count * (1 + choose(2)), depth: 8 };
  const q = projected(net, choose, x, heads);
  const [k, v] = [projected(net, choose, x, shared), projected(net, choose, x, shared)];
  const cache = () => net.constant("float", [batch, shared.count, 0, 8]);
  const lengths = net.constant("int32", [batch], Array<number>(batch).fill(length - 1));
  const inputs = [q, k, v, cache(), cache(), lengths, net.constant("int32", [], [length])];
  const attributes = `num_heads = ${heads.count}, kv_num_heads = ${shared.count}`;
  const [name] = net.nodes("com.microsoft.GroupQueryAttention", inputs, attributes, 3) as [string];
  return { name, width: heads.count * heads.depth };
};

/** Heads turned by the angles of their places, said for every sample. */
function rotated(net: Net, choose: Choose, name: string, heads: Heads, length: number): string {
  const batch = net.batch as number;
  const table = () => net.weight(choose, [length, heads.depth / 2], "s");
  const places = Array.from({ length: batch * length }, (_, i) => i % length);
  const at = net.constant("int64", [batch, length], places);
  return net.node("RotaryEmbedding", [name, table(), table(), at], `num_heads = ${heads.count}`);
}

/** The standard's own: heads of any depth, several of queries for each of keys and values. */
const standard: Attend = (net, choose, x) => {
  const shared = { count: 1 + choose(3), depth: 2 * (1 + choose(2)) };
  const heads = { ...shared, count: shared.count * (1 + choose(2)) };
  const [length] = x.dims as [number, number];
  const memory = net.pick(choose, 2, ([size = 0]) => size <= 16) ?? x;
  const q = projected(net, choose, x, heads);
  const turned =
    choose(3) === 2 && typeof net.batch === "number" ? rotated(net, choose, q, heads, length) : q;
  const inputs = [turned, projected(net, choose, memory, shared), projected(net, choose, memory, shared)];
  const attributes = `q_num_heads = ${heads.count}, kv_num_heads = ${shared.count}`;
  return { name: net.node("Attention", inputs, attributes), width: heads.count * heads.depth };
};

export const fusedAttention: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  if (length > 16) return;
  const kinds = [apart, packed];
  if (typeof net.batch === "number") kinds.push(grouped);
  if (net.opset >= 23) kinds.push(standard);
  const { name, width } = oneOf(choose, kinds)(net, choose, x);
  const y = net.node("MatMul", [name, net.weight(choose, [width, features])]);
  net.push(choose(2) === 0 ? net.node("Add", [x.name, y]) : y, x.dims);
};
