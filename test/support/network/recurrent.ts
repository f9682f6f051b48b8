import { oneOf } from "./net.js";
import { pickTokens, type Step } from "./step.js";

const cells = [
  { opType: "LSTM", gates: 4, states: 2, attributes: "" },
  { opType: "GRU", gates: 3, states: 1, attributes: "" },
  { opType: "GRU", gates: 3, states: 1, attributes: ", linear_before_reset = 1" },
  { opType: "RNN", gates: 1, states: 1, attributes: "" },
] as const;

/** A recurrent layer over tokens; read at every token, or its last states as tokens. */
export const recurrent: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  const { opType, gates, states, attributes } = oneOf(choose, cells);
  const hidden = 1 + choose(6);
  const direction = oneOf(choose, ["forward", "bidirectional", "reverse"]);
  const directions = direction === "bidirectional" ? 2 : 1;
  const rows = gates * hidden;
  const weight = (dims: readonly number[]) => net.weight(choose, [directions, ...dims], "w");
  const steps = net.node("Transpose", [x.name], "perm = [1, 0, 2]");
  const inputs = [steps, weight([rows, features]), weight([rows, hidden])];
  const hasStates = choose(3) === 1 && typeof net.batch === "number";
  inputs.push(choose(2) === 1 || hasStates ? net.weight(choose, [directions, 2 * rows], "b") : "");
  if (hasStates) {
    const state = () => net.constant("float", [directions, net.batch as number, hidden]);
    inputs.push("", ...Array.from({ length: states }, state));
  }
  const said = `hidden_size = ${hidden}, direction = "${direction}"${attributes}`;
  const readsLast = choose(3) === 2;
  const given = inputs.at(-1) === "" ? inputs.slice(0, -1) : inputs;
  const [all, last] = net.nodes(opType, given, said, 2, readsLast ? [0] : [1]) as [string, string];
  if (readsLast) {
    net.push(net.node("Transpose", [last], "perm = [1, 0, 2]"), [directions, hidden]);
  } else if (directions === 1 && choose(2) === 0) {
    const squeezed = net.node("Squeeze", [all, net.integers([1])]);
    net.push(net.node("Transpose", [squeezed], "perm = [1, 0, 2]"), [length, hidden]);
  } else {
    const turned = net.node("Transpose", [all], "perm = [2, 0, 1, 3]");
    const joined = net.node("Reshape", [turned, net.integers([0, length, directions * hidden])]);
    net.push(joined, [length, directions * hidden]);
  }
};
