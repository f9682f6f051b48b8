import type { Encoder, GraphObservation, GraphSpace } from "../../src/agent/index.js";
import { agentGraph, openNetwork } from "../../src/agent/learn/network.js";
import { vector } from "../../src/agent/learn/tensors.js";
import { observationFeeds } from "../../src/agent/network/observation-feed.js";
import { observationInputs } from "../../src/agent/network/observation-input.js";
import { declareWeights, initialWeights } from "../../src/agent/network/weights.js";
import { numbersIn, openStepper } from "../../src/runtime/index.js";

/** What an encoder with fresh weights makes of observations: rows of each output. */
export async function encode(
  encoder: Encoder,
  space: GraphSpace,
  observations: readonly GraphObservation[],
  seed = 1,
) {
  const specs = declareWeights((build, w) => encoder.encode(build, observationInputs(build, space, 1), w));
  const { model, state } = agentGraph("encode", (build) => {
    const { weights } = openNetwork(build, "weights", specs);
    const { graph, sites } = encoder.encode(
      build,
      observationInputs(build, space, observations.length),
      weights,
    );
    return { outputs: { graph, ...(sites ? { sites } : {}) } };
  });
  const stepper = await openStepper(model, state);
  const feeds = observationFeeds(space, observations).set("weights", vector(initialWeights(specs, seed)));
  const outputs = await stepper.step(feeds);
  await stepper.close();
  const rows = (name: string) => {
    const output = outputs.find((each) => each.name === name);
    if (!output) return [];
    const width = output.dims[1] ?? 1;
    const values = Array.from(numbersIn(output));
    return Array.from({ length: output.dims[0] ?? 0 }, (_, i) => values.slice(i * width, (i + 1) * width));
  };
  return { graph: rows("graph"), sites: rows("sites"), weights: specs };
}

/** The largest difference of two numbers at the same place. */
export const distance = (a: readonly number[] = [], b: readonly number[] = []) =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
