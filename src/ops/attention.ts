import { attribute, type Node } from "../ir/index.js";
import { type ChannelLink, defineOp, knownDims, type OpDefinition, type Operand } from "./define.js";
import {
  countHeads,
  givesCache,
  handOn,
  headsLeft,
  keepsPlaces,
  linkHeads,
  readsCache,
  readsMask,
  scoreMacs,
} from "./heads.js";
import { makes, range, rides } from "./relations.js";

/**
 * Attentions in one node: the standard's, and onnxruntime's own (`vendor`), whose page is
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
const vendor = "com.microsoft";

/** https://onnx.ai/onnx/operators/onnx__Attention.html */
const attention = defineOp({
  type: "Attention",
  since: [23, 24, 25],
  inputs: ["Q", "K", "V", "attn_mask?", "past_key?", "past_value?", "nonpad_kv_seqlen?"],
  outputs: ["Y", "present_key?", "present_value?", "qk_matmul_output?"],
  kind: "attention",
  channels(node, link) {
    const [q, k, v, y] = [link.input(0), link.input(1), link.input(2), link.output(0)];
    const [heads, shared] = [headsIn(node, "q_num_heads", q), headsIn(node, "kv_num_heads", k)];
    if (!q || !k || !v || !y || heads < 1 || shared < 1 || heads % shared !== 0)
      return link.barrier("unknown-shape");
    const met = linkHeads(link, { q, k, v, y, heads, shared });
    if (!met) return link.barrier("unknown-shape");
    readsMask(link, link.input(3), met.queries);
    for (const index of [4, 5]) readsCache(link, link.input(index), met.keys);
    for (const index of [1, 2]) givesCache(link, met.keys, link.output(index));
    handOn(link, met.queries, link.output(3));
  },
  afterSlice(node, slice) {
    countHeads(node, slice, "q_num_heads", 0);
    countHeads(node, slice, "kv_num_heads", 1);
  },
  macs: (node, dims) => scoreMacs(node, dims, 4),
});

/** An attribute says how many heads there are where they share an axis with what they hold. */
function headsIn(node: Node, name: string, x: Operand | undefined): number {
  return (x?.dims.length === 4 ? x.dims[1] : node.int(name)) ?? 0;
}

/** One weight makes queries, keys and values: [inputs, 3 · heads · width]. */
const packedAttention = defineOp({
  type: "Attention",
  domain: vendor,
  since: [1],
  inputs: ["input", "weights", "bias?", "mask_index?", "past?", "attention_bias?", "past_sequence_length?"],
  outputs: ["output", "present?"],
  kind: "attention",
  channels(node, link) {
    const [x, w, y] = [link.input(0), link.input(1), link.output(0)];
    const heads = node.int("num_heads") ?? 0;
    if (!x || !w || !y || heads < 1 || x.dims.length !== 3 || w.dims.length !== 2)
      return link.barrier("unknown-shape");
    const width = (w.dims[1] ?? 0) / (3 * heads);
    // Values may have another width; rotations and caches bring tables of their own.
    const sizes = node.ints("qkv_hidden_sizes");
    const isPlain = !sizes?.some((size) => size !== heads * width) && !node.int("do_rotary");
    if (!isPlain || !Number.isInteger(width) || link.input(4) || link.output(1))
      return link.barrier("no-rule");
    const [batch = 1, positions = 1] = x.dims;
    const packed = link.scratch([batch, positions, 3 * heads * width]);
    keepsPlaces(link, x, 1);
    link.contract(x, 2, w, 0);
    makes(link, w, 1, packed, 2);
    rides(link, link.input(2), 0, packed, 2);
    const cut = link.scratch([batch, positions, 3, heads, width]);
    link.reshape(packed, cut);
    link.mix(cut, [2, 4], "collapsed");
    const bias = link.input(5);
    if (bias?.dims.length === 4) rides(link, bias, 1, cut, 3);
    const values = link.scratch([batch, positions, 1, heads, width]);
    link.take(cut, values, 2, [2]);
    link.reshape(values, y);
  },
  afterSlice(node, slice) {
    const heads = node.int("num_heads") ?? 1;
    const before = (slice.outputBefore(0)?.at(-1) ?? 0) / heads;
    slice.setAttribute(attribute.int("num_heads", headsLeft(slice.keptOutput(0, 2), before)));
    if (!node.ints("qkv_hidden_sizes")) return;
    const width = slice.keptOutput(0, 2).length;
    slice.setAttribute(attribute.ints("qkv_hidden_sizes", [width, width, width]));
  },
  macs(node, dims) {
    const [batch = 1, positions = 1] = knownDims(node.input(0), dims);
    const [inputs = 0, outputs = 0] = knownDims(node.input(1), dims);
    // Of other widths than the queries' no head goes: what the attribute says of them stays true.
    const [queries = 0, keys = 0, values = 0] = node.ints("qkv_hidden_sizes") ?? [];
    const summed = keys === values && queries === keys ? (2 * outputs) / 3 : queries + values;
    return batch * positions * (inputs * outputs + positions * summed);
  },
});

/** Queries, keys and values of as many heads each. */
const multiHeadAttention = defineOp({
  type: "MultiHeadAttention",
  domain: vendor,
  since: [1],
  inputs: [
    "query",
    "key?",
    "value?",
    "bias?",
    "key_padding_mask?",
    "attention_bias?",
    "past_key?",
    "past_value?",
    "past_sequence_length?",
    "cache_indirection?",
  ],
  outputs: ["output", "present_key?", "present_value?", "qk?"],
  kind: "attention",
  channels(node, link) {
    const [q, k, v, y] = [link.input(0), link.input(1), link.input(2), link.output(0)];
    const heads = node.int("num_heads") ?? 0;
    // Packed keys and values, and caches of other layouts, have their own forms.
    if (!q || !k || !v || !y || heads < 1 || link.input(8) || link.input(9) || link.output(3))
      return link.barrier("no-rule");
    const bias = link.input(3);
    const met = linkHeads(link, { q, k, v, y, heads, shared: heads });
    // With a bias all three are of rank 3.
    if (!met || (bias && [q, k, v].some(({ dims }) => dims.length !== 3))) return link.barrier("no-rule");
    ridesPacked(link, bias, [q, k, v]);
    readsMask(link, link.input(5), met.queries);
    for (const index of [6, 7]) readsCache(link, link.input(index), met.keys);
    for (const index of [1, 2]) givesCache(link, met.keys, link.output(index));
  },
  afterSlice: (node, slice) => countHeads(node, slice, "num_heads", 0),
  macs: (node, dims) => scoreMacs(node, dims, 6),
});

/** One vector holds the biases of several operands, one after another. */
function ridesPacked(link: ChannelLink, bias: Operand | undefined, operands: readonly Operand[]): void {
  if (!bias) return;
  let start = 0;
  for (const operand of operands) {
    const size = operand.dims.at(-1) ?? 0;
    const part = link.scratch([size]);
    link.take(bias, part, 0, range(size, start));
    link.ride(part, 0, operand, -1);
    start += size;
  }
}

/** Several heads of queries share a head of keys and values: they go together. */
const groupQueryAttention = defineOp({
  type: "GroupQueryAttention",
  domain: vendor,
  since: [1],
  inputs: [
    "query",
    "key?",
    "value?",
    "past_key?",
    "past_value?",
    "seqlens_k",
    "total_sequence_length",
    "cos_cache?",
    "sin_cache?",
    "position_ids?",
    "attention_bias?",
    "head_sink?",
    "k_scale?",
    "v_scale?",
    "q_norm_weight?",
    "k_norm_weight?",
  ],
  outputs: ["output", "present_key?", "present_value?", "output_qk?"],
  kind: "attention",
  channels(node, link) {
    const [q, k, v, y] = [link.input(0), link.input(1), link.input(2), link.output(0)];
    const [heads, shared] = [node.int("num_heads") ?? 0, node.int("kv_num_heads") ?? 0];
    const others = range(5, 11).some((index) => link.input(index)) || link.output(3);
    if (!q || !k || !v || !y || shared < 1 || heads % shared !== 0 || others) return link.barrier("no-rule");
    const met = linkHeads(link, { q, k, v, y, heads, shared });
    if (!met) return link.barrier("no-rule");
    readsMask(link, link.input(10), met.queries);
    for (const index of [3, 4]) readsCache(link, link.input(index), met.keys);
    for (const index of [1, 2]) givesCache(link, met.keys, link.output(index));
  },
  afterSlice(node, slice) {
    countHeads(node, slice, "num_heads", 0);
    countHeads(node, slice, "kv_num_heads", 1);
  },
  macs: (node, dims) => scoreMacs(node, dims, 3),
});

export const attentionOps: readonly OpDefinition[] = [
  attention,
  packedAttention,
  multiHeadAttention,
  groupQueryAttention,
];
