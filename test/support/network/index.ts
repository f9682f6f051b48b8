import fc from "fast-check";
import { Random } from "../../../src/base/random.js";
import { elementsOf, isFloat, type Model, Tensor } from "../../../src/ir/index.js";
import { model } from "../graph.js";
import { fusedAttention } from "./attentions.js";
import { computedMeeting, positions } from "./computed.js";
import { biasedActivation, fourBits, fusedConvolution, fusedProduct, skipNormalization } from "./fused.js";
import { byCoordinate, byElement, listed, picked } from "./indices.js";
import { broadcast, choice, concat, concatConstant, constantMeeting, meeting } from "./joins.js";
import { convolution, depthwise, flattened, gate, pRelu, transposed } from "./layers.js";
import {
  gather,
  measuredReshape,
  pad,
  pixels,
  rearranged,
  repeated,
  shuffle,
  slice,
  split,
} from "./movements.js";
import { chooser, Net, type Wire } from "./net.js";
import { layerNorm, normalization } from "./normalizations.js";
import { activation, power } from "./pointwise.js";
import { recurrent } from "./recurrent.js";
import { alongAxis, pool, reduced } from "./reductions.js";
import type { Step } from "./step.js";
import { asMap, attention, linear, oddity, tokenResidual, tokens } from "./tokens.js";
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

/** What a network grows by; what is common in real ones stands here several times. */
const steps: readonly Step[] = [
  ...[convolution, convolution, convolution, convolution, depthwise, transposed, flattened, gate],
  ...[normalization, normalization, groupsApart, activation, activation, pRelu, power],
  ...[meeting, meeting, meeting, broadcast, constantMeeting, choice, concat, concat, concatConstant],
  ...[split, split, slice, gather, pad, shuffle, shuffle, rearranged, rearranged, flattenedLate],
  ...[pixels, pool, reduced, alongAxis, repeated, measuredReshape, counted, asLarge],
  ...[computedMeeting, positions, byCoordinate, byElement, listed, picked],
  ...[
    tokens,
    linear,
    linear,
    tokenResidual,
    layerNorm,
    gated,
    rotary,
    alongTokens,
    tokenConcat,
    outerProduct,
  ],
  ...[attention, attention, sharedHeads, fusedAttention, recurrent, asMap, oddity],
  ...[fusedConvolution, fusedProduct, fourBits, biasedActivation, skipNormalization],
];

/** A drawn network: any numbers are a valid one, fewer and smaller numbers a simpler one. */
export interface NetworkPlan {
  readonly openBatch: boolean;
  readonly opset: number;
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
    opset: fc.constantFrom(21, 24, 26),
    steps: fc.array(step, { minLength: 2, maxLength: mostSteps, size: "max" }),
  });
}

/** The network as ONNX text: every value that nothing reads gets a layer that reads it. */
export function networkText(plan: NetworkPlan): string {
  const net = new Net([3, 4, 4], plan.openBatch ? "N" : 2, plan.opset);
  convolution(net, chooser([0, 1, 0, 7]));
  for (const { kind, choices } of plan.steps) steps[kind]?.(net, chooser(choices));
  for (const wire of net.unread) net.output(readingLayer(net, wire));
  return net.text();
}

function readingLayer(net: Net, { name, dims: [first = 1, second = 1, ...places] }: Wire): string {
  if (places.length === 0)
    return net.node("MatMul", [name, net.constant("float", [second, 2], undefined, "w")]);
  return net.node("Conv", [name, net.constant("float", [2, first, 1, 1], undefined, "w")]);
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
      : name.startsWith("scale")
        ? () => 0.05 + 0.1 * random.uniform()
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
