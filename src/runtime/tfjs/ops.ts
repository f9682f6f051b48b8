import type { Tensor } from "@tensorflow/tfjs-core";
import { invariant, UserError } from "../../base/errors.js";
import { DataType, integersOf, type Node, nameOfType } from "../../ir/index.js";

/** tfjs, whichever of its packages brings it. */
export type Tfjs = typeof import("@tensorflow/tfjs-core");

/** A node made ready: its constant arguments read once. */
export type Kernel = (tf: Tfjs, inputs: readonly Tensor[]) => Tensor[];

type Compile = (node: Node) => Kernel;

const single =
  (run: (tf: Tfjs, ...inputs: readonly Tensor[]) => Tensor): Compile =>
  () =>
  (tf, inputs) => [run(tf, ...inputs)];

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

const unary = (of: (tf: Tfjs) => Unary): Compile => single((tf, x) => of(tf)(x as Tensor));
const binary = (of: (tf: Tfjs) => Binary): Compile => single((tf, a, b) => of(tf)(a as Tensor, b as Tensor));
const folded =
  (of: (tf: Tfjs) => Binary): Compile =>
  () =>
  (tf, inputs) => [inputs.slice(1).reduce((a, b) => of(tf)(a, b), (inputs[0] as Tensor).clone())];

/** The integers of a constant input; undefined where it is left out. */
function integers(node: Node, index: number): number[] | undefined {
  const value = node.input(index);
  if (!value) return undefined;
  if (!value.initializer) throw refuse(node, `its input ${index} is not constant`);
  return integersOf(value.initializer);
}

function refuse(node: Node, why: string): UserError {
  return new UserError(
    "tfjs-op",
    `node ${node.label}: the tfjs engine cannot run this ${node.opType}: ${why}; use the engine onnxruntime`,
  );
}

type Reduce = (x: Tensor, axes: number[] | undefined, keep: boolean) => Tensor;

const reduction =
  (of: (tf: Tfjs) => Reduce): Compile =>
  (node) => {
    const axes = node.ints("axes") ?? integers(node, 1);
    const keep = node.int("keepdims") !== 0;
    return (tf, [x]) => [of(tf)(x as Tensor, axes && [...axes], keep)];
  };

const lastAxis =
  (of: (tf: Tfjs) => (x: Tensor, axis: number) => Tensor): Compile =>
  (node) => {
    const axis = node.int("axis") ?? -1;
    return (tf, [x]) => {
      invariant(x, "one input");
      if (axis !== -1 && axis !== x.rank - 1) throw refuse(node, `axis ${axis} is not the last`);
      return [of(tf)(x, -1)];
    };
  };

const types = new Map<DataType, "float32" | "int32" | "bool">([
  [DataType.FLOAT, "float32"],
  [DataType.INT32, "int32"],
  [DataType.INT64, "int32"],
  [DataType.BOOL, "bool"],
]);

/** tfjs's name of an element type; int64 is int32 there. Throws the UserError "tfjs-op" where it has none. */
export function tfjsType(type: DataType): "float32" | "int32" | "bool" {
  const name = types.get(type);
  if (!name) throw new UserError("tfjs-op", `the tfjs engine has no tensors of type ${nameOfType(type)}`);
  return name;
}

function broadcast(tf: Tfjs, x: Tensor, wanted: readonly number[]): Tensor {
  const rank = Math.max(x.rank, wanted.length);
  const dims = Array.from({ length: rank }, (_, i) => {
    const [own = 1, other = 1] = [x.shape[i - rank + x.rank], wanted[i - rank + wanted.length]];
    return own === 1 ? other : own;
  });
  return tf.broadcastTo(x, dims);
}

const slice: Compile = (node) => {
  const [starts = [], ends = [], axes, steps] = [1, 2, 3, 4].map((index) => integers(node, index));
  return (tf, [x]) => {
    invariant(x, "one input");
    const [from, to, by] = [x.shape.map(() => 0), [...x.shape], x.shape.map(() => 1)];
    starts.forEach((start, i) => {
      const axis = ((axes?.[i] ?? i) + x.rank) % x.rank;
      const size = x.shape[axis] ?? 0;
      const place = (index: number) => Math.min(Math.max(index < 0 ? index + size : index, 0), size);
      if ((steps?.[i] ?? 1) < 1) throw refuse(node, "it goes backwards");
      [from[axis], to[axis], by[axis]] = [place(start), place(ends[i] ?? size), steps?.[i] ?? 1];
    });
    return [tf.stridedSlice(x, from, to, by)];
  };
};

const pad: Compile = (node) => {
  const amounts = integers(node, 1) ?? [];
  if (amounts.some((amount) => amount < 0)) throw refuse(node, "it cuts");
  return (tf, [x]) => {
    invariant(x, "one input");
    const pairs = x.shape.map((_, axis): [number, number] => [
      amounts[axis] ?? 0,
      amounts[axis + x.rank] ?? 0,
    ]);
    return [tf.pad(x, pairs)];
  };
};

/** Rows of updates added to rows of the data: [n, width], indices and updates [m, width]. */
const scatterElements: Compile = (node) => {
  if (node.int("axis") !== 0 || node.string("reduction") !== "add")
    throw refuse(node, "only sums along axis 0 are");
  return (tf, [data, indices, updates]) => {
    invariant(data && indices && updates, "three inputs");
    if (data.rank !== 2) throw refuse(node, "only matrices are");
    const [rows = 0, width = 0] = data.shape;
    const columns = tf.range(0, width, 1, "int32");
    const places = tf.add(tf.mul(indices, tf.scalar(width, "int32")), columns);
    const sums = tf.scatterND(tf.reshape(places, [-1, 1]), tf.reshape(updates, [-1]), [rows * width]);
    return [tf.add(data, tf.reshape(sums, [rows, width]))];
  };
};

const hardSigmoid: Compile = (node) => {
  const [alpha, beta] = [node.float("alpha") ?? 0.2, node.float("beta") ?? 0.5];
  return (tf, [x]) => [tf.clipByValue(tf.add(tf.mul(x as Tensor, alpha), beta), 0, 1)];
};

const clip: Compile =
  () =>
  (tf, [x, low, high]) => {
    const above = low ? tf.maximum(x as Tensor, low) : (x as Tensor).clone();
    return [high ? tf.minimum(above, high) : above];
  };

/** What runs each operator that the graphs of agents are made of. */
const compilers: ReadonlyMap<string, Compile> = new Map<string, Compile>([
  ["Abs", unary((tf) => tf.abs)],
  ["Add", binary((tf) => tf.add)],
  ["And", binary((tf) => tf.logicalAnd)],
  [
    "Cast",
    (node) => {
      const type = tfjsType((node.int("to") ?? DataType.FLOAT) as DataType);
      return (tf, [x]) => [tf.cast(x as Tensor, type)];
    },
  ],
  ["Clip", clip],
  [
    "Concat",
    (node) => {
      const axis = node.int("axis") ?? 0;
      return (tf, inputs) => [tf.concat([...inputs], axis)];
    },
  ],
  ["Div", binary((tf) => tf.div)],
  ["Elu", unary((tf) => tf.elu)],
  ["Equal", binary((tf) => tf.equal)],
  ["Erf", unary((tf) => tf.erf)],
  ["Exp", unary((tf) => tf.exp)],
  [
    "Expand",
    (node) => {
      const dims = integers(node, 1) ?? [];
      return (tf, [x]) => [broadcast(tf, x as Tensor, dims)];
    },
  ],
  [
    "Gather",
    (node) => {
      const axis = node.int("axis") ?? 0;
      return (tf, [x, indices]) => [tf.gather(x as Tensor, indices as Tensor, axis)];
    },
  ],
  ["Greater", binary((tf) => tf.greater)],
  ["GreaterOrEqual", binary((tf) => tf.greaterEqual)],
  ["HardSigmoid", hardSigmoid],
  ["Identity", single((_, x) => (x as Tensor).clone())],
  ["Less", binary((tf) => tf.less)],
  ["LessOrEqual", binary((tf) => tf.lessEqual)],
  ["Log", unary((tf) => tf.log)],
  ["LogSoftmax", lastAxis((tf) => tf.logSoftmax)],
  ["MatMul", binary((tf) => (a, b) => tf.matMul(a, b))],
  ["Max", folded((tf) => tf.maximum)],
  ["Min", folded((tf) => tf.minimum)],
  ["Mul", binary((tf) => tf.mul)],
  ["Neg", unary((tf) => tf.neg)],
  ["Pad", pad],
  ["Pow", binary((tf) => tf.pow)],
  ["Reciprocal", unary((tf) => tf.reciprocal)],
  ["ReduceMax", reduction((tf) => tf.max)],
  ["ReduceMean", reduction((tf) => tf.mean)],
  ["ReduceMin", reduction((tf) => tf.min)],
  ["ReduceSum", reduction((tf) => tf.sum)],
  ["Relu", unary((tf) => tf.relu)],
  [
    "Reshape",
    (node) => {
      const dims = integers(node, 1) ?? [];
      return (tf, [x]) => [tf.reshape(x as Tensor, dims)];
    },
  ],
  ["ScatterElements", scatterElements],
  ["Sigmoid", unary((tf) => tf.sigmoid)],
  ["Sign", unary((tf) => tf.sign)],
  ["Slice", slice],
  ["Softmax", lastAxis((tf) => tf.softmax)],
  ["Softplus", unary((tf) => tf.softplus)],
  [
    "Split",
    (node) => {
      const axis = node.int("axis") ?? 0;
      const sizes = integers(node, 1) ?? [];
      return (tf, [x]) => tf.split(x as Tensor, sizes, axis);
    },
  ],
  ["Sqrt", unary((tf) => tf.sqrt)],
  ["Sub", binary((tf) => tf.sub)],
  ["Tanh", unary((tf) => tf.tanh)],
  [
    "Transpose",
    (node) => {
      const perm = node.ints("perm");
      return (tf, [x]) => [tf.transpose(x as Tensor, perm && [...perm])];
    },
  ],
  ["Where", single((tf, condition, a, b) => tf.where(condition as Tensor, a as Tensor, b as Tensor))],
]);

/** What runs a node. Throws the UserError "tfjs-op" for an operator that the engine does not have. */
export function kernelOf(node: Node): Kernel {
  const compile = compilers.get(node.opType);
  if (!compile) throw refuse(node, "it has no such operator");
  return compile(node);
}
