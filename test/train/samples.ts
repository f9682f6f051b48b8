import { Random } from "../../src/base/random.js";
import { Dataset, SamplesInMemory, type Split } from "../../src/data/index.js";

/** Images of 3 x 8 x 8 bytes in four classes: which quarter is brighter than the noise. */
export function quarterPixels(count: number, seed: number, labels: ArrayLike<number>): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length: count * 192 }, (_, at) => {
    const [label, y, x] = [labels[Math.floor(at / 192)] ?? 0, (at >> 3) & 7, at & 7];
    const isBright = (y >= 4 ? 2 : 0) + (x >= 4 ? 1 : 0) === label;
    return Math.min(255, random.below(160) + (isBright ? 60 : 0));
  });
}

/** Such images as a data set. */
export function quarters(
  count: number,
  seed: number,
  split: Split = "train",
  labelOf = (i: number) => i % 4,
): Dataset {
  const labels = Int32Array.from({ length: count }, (_, i) => labelOf(i));
  const samples = new SamplesInMemory([3, 8, 8], labels, quarterPixels(count, seed, labels));
  return new Dataset(`${split} of quarters`, split, ["a", "b", "c", "d"], samples, {
    mean: [0.4],
    std: [0.3],
  });
}

/** A small residual network for them. */
export const quarterNet = `<ir_version: 8, opset_import: ["" : 17]>
g (float[N,3,8,8] x) => (float[N,4] y)
<float[8,3,3,3] w1, float[8] s1 = {1, 1, 1, 1, 1, 1, 1, 1}, float[8] b1,
 float[8] m1 = {0, 0, 0, 0, 0, 0, 0, 0}, float[8] v1 = {1, 1, 1, 1, 1, 1, 1, 1},
 float[8,8,3,3] w2, float[8] b2, float[4,128] w3, float[4] b3>
{
  [first] c1 = Conv <pads = [1, 1, 1, 1]> (x, w1)
  n1 = BatchNormalization (c1, s1, b1, m1, v1)
  r1 = Relu (n1)
  c2 = Conv <pads = [1, 1, 1, 1]> (r1, w2, b2)
  sum = Add (c2, r1)
  p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (sum)
  f = Flatten (p)
  y = Gemm <transB = 1> (f, w3, b3)
}`;
