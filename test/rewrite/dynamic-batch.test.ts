import { expect } from "chai";
import { criteria } from "../../src/importance/index.js";
import { pruneModel, silencedModel } from "../../src/rewrite/index.js";
import { inferShapes, relativeDifference, run } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { TOLERANCE } from "../support/oracle.js";

/** Attention as PyTorch exports it: heads are folded into the batch by arithmetic on shapes. */
const ATTENTION = `
  <ir_version: 8, opset_import: ["" : 17]>
  attention (float[N, 5, 8] x) => (float[N, 5, 3] y)
  <float[8, 8] wq, float[8, 8] wk, float[8, 8] wv, float[8, 3] wo,
   int64 zero = {0}, int64 one = {1}, int64 heads = {4}, int64[1] first = {0}, int64[1] size = {2}, int64[1] rest = {-1}>
  {
    q = MatMul(x, wq)
    k = MatMul(x, wk)
    v = MatMul(x, wv)
    shape = Shape(x)
    batch = Gather(shape, zero)
    length = Gather(shape, one)
    both = Mul(batch, heads)
    n = Unsqueeze(batch, first)
    b = Unsqueeze(both, first)
    l = Unsqueeze(length, first)
    qt = Transpose<perm = [1, 0, 2]>(q)
    kt = Transpose<perm = [1, 0, 2]>(k)
    vt = Transpose<perm = [1, 0, 2]>(v)
    split = Concat<axis = 0>(l, b, size)
    q3 = Reshape(qt, split)
    k3 = Reshape(kt, split)
    v3 = Reshape(vt, split)
    qh = Transpose<perm = [1, 0, 2]>(q3)
    kh = Transpose<perm = [1, 2, 0]>(k3)
    vh = Transpose<perm = [1, 0, 2]>(v3)
    scores = MatMul(qh, kh)
    weights = Softmax<axis = -1>(scores)
    context = MatMul(weights, vh)
    ct = Transpose<perm = [1, 0, 2]>(context)
    joined = Concat<axis = 0>(l, n, rest)
    c = Reshape(ct, joined)
    cn = Transpose<perm = [1, 0, 2]>(c)
    y = MatMul(cn, wo)
  }`;

describe("cutting a model with a dynamic batch", () => {
  it("keeps sizes that shape arithmetic computes right for every batch", async () => {
    const original = model(ATTENTION);
    const shapes = await inferShapes(original);
    const budget = { kind: "ratio", remove: 0.5 } as const;
    const criterion = criteria.get("l2") ?? expect.fail("no criterion l2");
    const { model: pruned, plan, groups } = pruneModel(original, shapes.of, { budget, criterion });
    expect(groups.map((group) => group.units.length)).to.deep.equal([4]);
    for (const batch of [1, 2, 3, 7]) {
      const x = Float32Array.from({ length: batch * 40 }, (_, i) => Math.sin(i));
      const feeds = new Map([["x", { dims: [batch, 5, 8], dataType: 1, data: x }]]);
      const [want] = await run(silencedModel(original, plan), feeds);
      const [got] = await run(pruned, feeds);
      if (!want || !got) expect.fail("no output");
      expect(got.dims, `batch ${batch}`).to.deep.equal([batch, 5, 3]);
      expect(relativeDifference(want, got), `batch ${batch}`).to.be.below(TOLERANCE);
    }
  });
});
