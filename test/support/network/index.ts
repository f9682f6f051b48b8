import fc from "fast-check";
import { Random } from "../../../src/base/random.js";
import { elementsOf, isFloat, type Model, Tensor } from "../../../src/ir/index.js";
import { model } from "../graph.js";
import { broadcast, choice, concat, concatConstant, constantMeeting, meeting } from "./joins.js";
import {
  activation,
  convolution,
  depthwise,
  flattened,
  gate,
  normalization,
  pRelu,
  type Step,
  transposed,
} from "./layers.js";
import {
  gather,
  measuredReshape,
  pad,
  pixels,
  pool,
  rearranged,
  repeated,
  shuffle,
  slice,
  split,
} from "./movements.js";
import { chooser, Net } from "./net.js";
import { asMap, attention, layerNorm, linear, oddity, tokenResidual, tokens } from "./tokens.js";
import {
  alongTokens,
  asLarge,
  counted,
  flattenedLate,
  gated,
  groupsApart,
  outerProduct,
  rotary,
  sharedHeads,
  tokenConcat,
} from "./variants.js";

const steps: readonly Step[] = [
  ...[convolution, convolution, convolution, convolution],
  ...[depthwise, transposed, normalization, normalization, activation, pRelu, flattened, gate],
  ...[meeting, meeting, meeting, broadcast, constantMeeting, choice, concat, concat, concatConstant],
  ...[split, split, slice, gather, pad, shuffle, shuffle, rearranged, rearranged, pixels, pool, repeated],
  ...[
    sharedHeads,
    gated,
    rotary,
    alongTokens,
    tokenConcat,
    outerProduct,
    counted,
    asLarge,
    groupsApart,
    flattenedLate,
  ],
  ...[measuredReshape, tokens, linear, linear, tokenResidual, layerNorm, attention, attention, asMap, oddity],
];

/** A drawn network: any numbers are a valid one, fewer and smaller numbers a simpler one. */
export interface NetworkPlan {
  readonly openBatch: boolean;
  /** For every step: which one, and the choices inside it. */
  readonly steps: readonly { readonly kind: number; readonly choices: readonly number[] }[];
}

/** Random networks of convolutions, matrix products and all that may stand between them. */
export function networkPlans(mostSteps = 12): fc.Arbitrary<NetworkPlan> {
  const step = fc.record({
    kind: fc.nat({ max: steps.length - 1 }),
    choices: fc.array(fc.nat({ max: 719 }), { minLength: 12, maxLength: 24, size: "max" }),
  });
  return fc.record({
    openBatch: fc.boolean(),
    steps: fc.array(step, { minLength: 2, maxLength: mostSteps, size: "max" }),
  });
}

/** The network as ONNX text: every value that nothing reads gets a layer that reads it. */
export function networkText(plan: NetworkPlan): string {
  const net = new Net([3, 4, 4], plan.openBatch ? "N" : 2);
  convolution(net, chooser([0, 1, 0, 7]));
  for (const { kind, choices } of plan.steps) steps[kind]?.(net, chooser(choices));
  for (const { name, dims } of net.unread) {
    if (dims.length === 3) {
      const kernel = [2, dims[0] as number, 1, 1];
      net.output(net.node("Conv", [name, net.constant("float", kernel, undefined, "w")]));
    } else
      net.output(net.node("MatMul", [name, net.constant("float", [dims[1] as number, 2], undefined, "w")]));
  }
  return net.text(21);
}

/** The model with weights that keep numbers near one: another seed gives another checkpoint of the same graph. */
export function networkModel(text: string, seed: number): Model {
  const result = model(text);
  const random = new Random(seed);
  for (const { name, initializer } of result.graph.initializers) {
    if (!initializer || !isFloat(initializer.dataType) || name.startsWith("k")) continue;
    const fan = initializer.dims.length > 1 ? initializer.elements / (initializer.dims[0] as number) : 4;
    const draw = name.startsWith("var")
      ? () => 0.5 + random.uniform()
      : () => random.normal() / Math.sqrt(fan);
    result.graph.setInitializer(name, filled(initializer, draw));
  }
  return result;
}

function filled({ dataType, dims, name = "" }: Tensor, draw: () => number): Tensor {
  const numbers = Array.from({ length: elementsOf(dims) }, draw);
  const array = dataType === 1 ? Float32Array.from(numbers) : Float64Array.from(numbers);
  return Tensor.raw(name, dataType, dims, new Uint8Array(array.buffer));
}
