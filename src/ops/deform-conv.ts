import { convMacs, convWindow, groupFollowsChannels, linkConv } from "./conv.js";
import { defineOp, type OpDefinition } from "./define.js";
import { rides } from "./relations.js";

/**
 * https://onnx.ai/onnx/operators/onnx__DeformConv.html: a convolution whose kernel reads where `offset` says. Equal blocks of
 * the channels have offsets of their own, so that all lose equally many.
 */
const deformConv = defineOp({
  type: "DeformConv",
  since: [19, 22],
  inputs: ["X", "W", "offset", "B?", "mask?"],
  outputs: ["Y"],
  kind: "convolution",
  channels(node, link) {
    const [x, blocks] = [link.input(0), node.int("offset_group") ?? 1];
    if (!x || blocks < 1 || (x.dims[1] ?? 0) % blocks !== 0) return link.barrier("unknown-shape");
    linkConv(node, link, { x: 0, w: 1, bias: 3 });
    link.balance(x, 1, blocks);
    for (const index of [2, 4]) {
      const places = link.input(index);
      if (!places) continue;
      rides(link, places, 0, x, 0);
      link.freeze(places, 1, "spatial-axis");
    }
  },
  afterSlice: groupFollowsChannels,
  window: (node) => convWindow(node, node.input(1)),
  macs: (node, dims) => convMacs(node, node.input(1), dims),
});

export const deformConvOps: readonly OpDefinition[] = [deformConv];
