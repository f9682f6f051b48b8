import type { Model } from "../../src/ir/index.js";
import { model } from "./graph.js";

/** Three convolutions with a residual between them, and a linear classifier of ten classes. Inputs are [N, 3, 8, 8]. */
export function residualBlock(seed = 0): Model {
  return model(
    `<ir_version: 8, opset_import: ["" : 17], producer_name: "the tests">
residual (float[N,3,8,8] image) => (float[N,10] scores)
<float[8,3,3,3] "stem.weight", float[8] "stem.bias", float[16,8,3,3] "up.weight", float[8,16,3,3] "down.weight",
 float[10,8] "head.weight", float[10] "head.bias">
{
  [stem] a = Conv <pads = [1,1,1,1]> (image, "stem.weight", "stem.bias")
  r = Relu (a)
  [up] b = Conv <pads = [1,1,1,1]> (r, "up.weight")
  s = Relu (b)
  [down] c = Conv <pads = [1,1,1,1]> (s, "down.weight")
  d = Add (r, c)
  e = GlobalAveragePool (d)
  f = Flatten (e)
  [head] scores = Gemm <transB = 1> (f, "head.weight", "head.bias")
}`,
    { seed },
  );
}

/** What the block costs: MACs of one sample, parameters, and their bytes. */
export const residualCost = {
  macs: 64 * (8 * 27 + 16 * 72 + 8 * 144) + 80,
  params: 8 * 27 + 8 + 16 * 72 + 8 * 144 + 80 + 10,
  get bytes() {
    return 4 * this.params;
  },
};
