import { attribute } from "../ir/index.js";
import { type ChannelLink, defineOp, type OpDefinition, type Operand } from "./define.js";

interface Layer {
  readonly x: Operand;
  /** [directions, gates · hidden, inputs] and [directions, gates · hidden, hidden]. */
  readonly w: Operand;
  readonly r: Operand;
  /** Y, Y_h and Y_c as far as they are used; all end in [batch, hidden]. */
  readonly outputs: readonly Operand[];
}

/** Operands whose sizes fit each other; undefined where the file disagrees with itself. */
function layerOf(link: ChannelLink, gates: number): Layer | undefined {
  const [x, w, r, outputs] = [link.input(0), link.input(1), link.input(2), link.outputs()];
  if (!x || !w || !r || outputs.length === 0) return undefined;
  const hidden = r.dims[2];
  const fits =
    x.dims.length === 3 &&
    x.dims[2] === w.dims[2] &&
    [w, r].every(({ dims }) => dims.length === 3 && dims[1] === gates * (hidden ?? 0)) &&
    outputs.every(({ dims }) => dims.length >= 3 && dims.at(-1) === hidden);
  return fits ? { x, w, r, outputs } : undefined;
}

/**
 * A hidden channel is one row in each gate's block of W, R and B, one column of R, and one index of every state; both
 * directions lose the same ones. What goes into the layer is a sum over W's columns.
 */
function linkLayer(link: ChannelLink, { x, w, r, outputs }: Layer, gates: number): void {
  const [y, ...others] = outputs as [Operand, ...Operand[]];
  link.freeze(x, 0, "spatial-axis");
  link.contract(x, 2, w, 2);
  link.produceBlocks(w, 1, y, -1, gates);
  link.rideBlocks(r, 1, y, -1, gates);
  // The state of the step before is read by weights of its own, which must be there to be cut.
  if (link.tensor(r)) link.contract(y, -1, r, 2);
  else link.freeze(y, -1, "not-rewritable");
  link.pass(x, 1, y, -2);
  for (const other of others) {
    link.pass(y, -1, other, -1);
    link.pass(x, 1, other, -2);
  }
}

/** Initial states: [directions, batch, hidden]. */
function linkState(link: ChannelLink, state: Operand | undefined, y: Operand): void {
  if (!state) return;
  link.freeze(state, 0, "not-rewritable");
  link.ride(state, 1, y, -2);
  link.ride(state, 2, y, -1);
}

/** A recurrent layer of so many gates; `parameters` are further inputs of so many blocks of hidden channels. */
function recurrent(
  op: Pick<OpDefinition, "type" | "since" | "inputs" | "outputs">,
  gates: number,
  parameters: readonly (readonly [input: number, blocks: number])[],
): OpDefinition {
  return defineOp({
    ...op,
    kind: "recurrent",
    channels(node, link) {
      // Batch first: onnxruntime does not run it, so nobody could check a cut.
      if ((node.int("layout") ?? 0) !== 0) return link.barrier("no-rule");
      const layer = layerOf(link, gates);
      if (!layer) return link.barrier("unknown-shape");
      linkLayer(link, layer, gates);
      const y = layer.outputs[0] as Operand;
      for (const [input, blocks] of parameters) {
        const parameter = link.input(input);
        if (parameter) link.rideBlocks(parameter, 1, y, -1, blocks);
      }
      const lengths = link.input(4);
      if (lengths) link.ride(lengths, 0, y, -2);
      linkState(link, link.input(5), y);
      if (op.type === "LSTM") linkState(link, link.input(6), y);
    },
    afterSlice(_, slice) {
      slice.setAttribute(attribute.int("hidden_size", slice.keptInput(2, 2).length));
    },
  });
}

const states = ["Y?", "Y_h?"];
const operands = ["X", "W", "R", "B?", "sequence_lens?", "initial_h?"];

/** https://onnx.ai/onnx/operators/onnx__RNN.html */
const rnn = recurrent({ type: "RNN", since: [1, 7, 14, 22], inputs: operands, outputs: states }, 1, [[3, 2]]);

/** https://onnx.ai/onnx/operators/onnx__GRU.html: update, reset and hidden gate. */
const gru = recurrent({ type: "GRU", since: [1, 3, 7, 14, 22], inputs: operands, outputs: states }, 3, [
  [3, 6],
]);

/** https://onnx.ai/onnx/operators/onnx__LSTM.html: input, output, forget and cell gate; P are peepholes. */
const lstm = recurrent(
  {
    type: "LSTM",
    since: [1, 7, 14, 22],
    inputs: [...operands, "initial_c?", "P?"],
    outputs: [...states, "Y_c?"],
  },
  4,
  [
    [3, 8],
    [7, 3],
  ],
);

export const recurrentOps = [rnn, gru, lstm];
