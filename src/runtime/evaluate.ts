import { invariant, UserError } from "../base/errors.js";
import { elementsOf } from "../ir/index.js";
import { addScore, type Score } from "./classify.js";
import { HeldSession } from "./held-session.js";
import type { Port } from "./port.js";
import { accuracyOf, type ScoreCourse } from "./score-course.js";
import { type LabelledBatch, scoreOn, scoreTask } from "./score-task.js";
import { type SessionOptions, withSession } from "./session.js";
import { labelOf, type ModelSource } from "./source.js";

/** A data set as `evaluate` reads it. */
export interface LabelledSamples {
  /** Dimensions of one sample: [channels, height, width] for images. */
  readonly shape: readonly number[];
  readonly batches: Iterable<LabelledBatch> | AsyncIterable<LabelledBatch>;
}

export interface EvaluateOptions extends SessionOptions {
  /** The output that holds the class scores; the first by default. */
  readonly output?: string | undefined;
  /** Called after every batch with the number of samples so far. */
  readonly onProgress?: ((samples: number) => void) | undefined;
  /** For one batch; ten minutes by default. */
  readonly timeoutMs?: number | undefined;
}

/** Accuracy on a data set: shares of samples, and the mean cross-entropy in nats. */
export interface Evaluation {
  readonly top1: number;
  readonly top5: number;
  readonly loss: number;
  readonly samples: number;
  readonly provider: string;
  /** From the first batch to the last, reading included, without loading the model. */
  readonly seconds: number;
}

/**
 * Measures how well a classifier predicts the labels of samples, in a child process that computes one batch while
 * the next is read. A model with a fixed batch size gets blocks of that size, the last one filled up. Throws a
 * UserError where the model and the data do not fit each other, and those of `openSession`.
 */
export async function evaluate(
  source: ModelSource,
  { shape, batches }: LabelledSamples,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { output, onProgress, timeoutMs = 600_000, ...sessionOptions } = options;
  const session = await HeldSession.open(source, sessionOptions, { timeoutMs });
  try {
    const label = labelOf(source);
    const input = onlyInput(session.ports.inputs, label);
    checkFits(input, shape, label);
    const scores = outputNamed(session.ports.outputs, output, label);
    const started = performance.now();
    const total = { samples: 0, top1: 0, top5: 0, loss: 0 };
    let running: Promise<Score> | undefined;
    const finish = async () => {
      if (!running) return;
      addScore(total, await running);
      onProgress?.(total.samples);
    };
    let first = 0;
    for await (const batch of batches) {
      invariant(batch.x.length === batch.y.length * elementsOf(shape), "a batch contradicts its shape");
      await finish();
      running = session.call(
        scoreTask,
        { x: batch.x, y: batch.y, shape, input, output: scores.name, first },
        { timeoutMs },
      );
      // A failure is seen when the batch is awaited, after the next one has been read.
      running.catch(() => {});
      first += batch.y.length;
    }
    await finish();
    const { samples } = total;
    if (samples === 0) throw new UserError("no-samples", "there are no samples to evaluate on");
    return {
      top1: total.top1 / samples,
      top5: total.top5 / samples,
      loss: total.loss / samples,
      samples,
      provider: sessionOptions.provider ?? "cpu",
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    session.close();
  }
}

export interface ScoreOptions extends SessionOptions {
  /** Samples in one run; 50 by default, which take 10 % less time than 250 in a network for small images: caches. */
  readonly batch?: number;
  /** Stops where not even all remaining samples could raise the accuracy to this. */
  readonly ofInterest?: number;
}

/** How many samples a classifier gets right, counted in this process: for one that is a child already. */
export async function scoreHere(
  source: ModelSource,
  data: {
    readonly length: number;
    readonly shape: readonly number[];
    batches(size: number): AsyncIterable<LabelledBatch>;
  },
  { batch = 50, ofInterest = 0, ...options }: ScoreOptions = {},
): Promise<ScoreCourse> {
  return withSession(source, options, async (session) => {
    const label = labelOf(source);
    const input = onlyInput(session.inputs, label);
    const output = outputNamed(session.outputs, undefined, label).name;
    checkFits(input, data.shape, label);
    const { shape } = data;
    const ending = {};
    const right: number[] = [];
    const course = { samples: data.length, batch, right };
    let first = 0;
    for await (const { x, y } of data.batches(batch)) {
      const { top1 } = await scoreOn(session, { x, y, shape, input, output, first }, ending);
      right.push((right.at(-1) ?? 0) + top1);
      if (accuracyOf(course, ofInterest)) break;
      first += y.length;
    }
    return course;
  });
}

/** The one input of a model that takes samples. */
export function onlyInput(inputs: readonly Port[], label: string): Port {
  const [input, ...others] = inputs;
  if (input && others.length === 0) return input;
  const names = inputs.map(({ name }) => name).join(", ") || "none";
  throw new UserError("evaluate-inputs", `${label}: samples need a model with one input, this has ${names}`);
}

function outputNamed(outputs: readonly Port[], name: string | undefined, label: string): Port {
  const output = name === undefined ? outputs[0] : outputs.find((each) => each.name === name);
  if (output) return output;
  const names = outputs.map((each) => each.name).join(", ");
  throw new UserError("evaluate-output", `${label}: there is no output ${name}; the model has ${names}`);
}

/** Throws a UserError where samples of this shape are not what the input takes. */
export function checkFits({ name, dims: wanted }: Port, shape: readonly number[], label: string): void {
  const fits = wanted.slice(1).every((size, axis) => typeof size === "string" || size === shape[axis]);
  // An input without dimensions takes any.
  if (wanted.length === 0 || (fits && wanted.length === shape.length + 1)) return;
  const want = ["N", ...wanted.slice(1).map((size) => size || "?")].join(",");
  throw new UserError(
    "input-shape",
    `${label}: input ${name} takes [${want}], the data set gives [N,${shape.join(",")}]`,
  );
}
