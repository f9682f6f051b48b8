import type { ShapeTable } from "../analysis/shapes.js";
import { specifiedShapes } from "../analysis/specified-shapes.js";
import type { Model } from "../ir/index.js";
import { Inference } from "./inference.js";
import { candidateInputs, hasOpenInnerSizes, type InputChoice } from "./inputs.js";
import { inChild } from "./pool.js";
import { inputPorts } from "./port.js";
import { prepareTask } from "./probe-task.js";

/** Above so many nodes no trial run is made. */
const MOST_NODES_TO_RUN = 10_000;

/**
 * Dimensions and types of every value of the main graph: by the rules of the op table where these tell all of them, else
 * by onnxruntime's own inference: all values become outputs,
 * the weights inputs, and the metadata of the session is read. Open dimensions get what `choice` says,
 * else the first of a few usual sizes with which the model works. What inference cannot tell comes from the file's
 * value_info and from trial runs on random numbers. Never fails on a model: values that stay unknown are explained in
 * the table's `gaps`. Works in a child process with limits. Throws a UserError for a choice that does not fit.
 */
export async function inferShapes(model: Model, choice: InputChoice = {}): Promise<ShapeTable> {
  const ports = inputPorts(model.graph);
  const candidates = candidateInputs(ports, choice);
  const openInside = hasOpenInnerSizes(ports, choice);
  const [first] = candidates;
  const specified = first && specifiedShapes(model, first);
  if (specified && (candidates.length === 1 || (!openInside && keepsBatch(model, specified))))
    return specified;
  prepareInference();
  const imperfect: Inference[] = [];
  for (const pinned of candidates) {
    const inference = new Inference(model, pinned);
    await inference.infer({ leaveOutMisfits: candidates.length === 1 });
    // Inference believes a Reshape to fixed sizes, and convolutions of images that are too small; a run does not.
    const doubtful = candidates.length > 1 && (openInside || !inference.keepsBatch) && canRun(model);
    if (inference.unknown.length === 0 && (!doubtful || (await inference.runs()))) return inference.table();
    imperfect.push(inference);
  }
  const best = imperfect.reduce((a, b) => (b.unknown.length < a.unknown.length ? b : a));
  return complete(best, model, candidates.length > 1);
}

/** True where every output has as many samples as the first input. */
function keepsBatch({ graph }: Model, shapes: ShapeTable): boolean {
  return graph.outputs.every((output) => shapes.of(output)?.[0] === shapes.batch);
}

/**
 * Starts the child process in which shapes are inferred while this one does something else first. Optional: the first
 * inference starts it otherwise.
 */
export function prepareInference(): void {
  // What may go wrong goes wrong again where it is waited for.
  inChild(prepareTask, undefined).catch(() => {});
}

/** The best of several imperfect inferences, with what can be had by other means. */
async function complete(inference: Inference, model: Model, sizesWereChosen: boolean): Promise<ShapeTable> {
  if (inference.misfit && sizesWereChosen) await inference.infer({ leaveOutMisfits: true });
  // Where the sizes are ours, the file may speak of others: then the run comes first.
  if (!sizesWereChosen) inference.fillFromFile();
  if (inference.unknown.length > 0 && canRun(model)) await inference.measure();
  inference.fillFromFile();
  return inference.table();
}

function canRun(model: Model): boolean {
  return model.graph.nodes.length <= MOST_NODES_TO_RUN;
}
