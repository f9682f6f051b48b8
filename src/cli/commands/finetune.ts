import { rmSync } from "node:fs";
import { type EpochResult, type FinetuneProgress, finetune } from "../../train/index.js";
import { argument, defineCommand } from "../command.js";
import { dataFlags, openSplit } from "../input/data.js";
import { frozenWeights } from "../input/freeze.js";
import { openWholeModel } from "../input/model.js";
import type { Io } from "../io.js";
import { byDefault, option, required, short } from "../option.js";
import { percentText, secondsText } from "../output/numbers.js";
import { checkOutputs, writeModelTo } from "../output/write.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file of a classifier") },
  options: {
    ...dataFlags,
    out: short("o", required(option.output("where the trained model is written"))),
    teacher: option.text("MODEL", "also learn from this model's outputs, such as the original's"),
    epochs: byDefault(option.integer("N", "passes over the training samples", { min: 1 }), 10),
    lr: byDefault(option.number("RATE", "learning rate at its peak", { min: 0 }), 0.05),
    schedule: byDefault(
      option.choice(["cosine", "constant", "step", "one-cycle"], "how the rate goes"),
      "cosine",
    ),
    warmup: byDefault(option.integer("N", "steps in which the rate rises", { min: 0 }), 20),
    optimizer: byDefault(option.choice(["sgd", "adamw"], "sgd has momentum 0.9, Nesterov's way"), "sgd"),
    weightDecay: byDefault(
      option.number("W", "of matrices and kernels; biases and scales have none", { min: 0 }),
      1e-4,
    ),
    smoothing: byDefault(
      option.number("SHARE", "of every label, spread over all classes", { min: 0, max: 1 }),
      0,
    ),
    clip: option.number("NORM", "longest gradient", { min: 0 }),
    batch: byDefault(option.integer("N", "samples in one step", { min: 2 }), 128),
    pad: byDefault(
      option.integer("PIXELS", "random shifts of training images, zeros coming in", { min: 0 }),
      0,
    ),
    flip: option.flag("mirror every other training image"),
    cutout: byDefault(option.integer("PIXELS", "side of a square cut out of training images", { min: 0 }), 0),
    average: option.number("DECAY", "keep a moving average of the weights instead, such as 0.999", {
      min: 0,
      max: 1,
    }),
    freeze: option.list("GLOB", "names of nodes or tensors whose weights stay"),
    checkpoint: option.text("FILE", "where the run can be resumed from (default: OUT.checkpoint)"),
    resume: option.flag("go on from the checkpoint, if there is one, with the same flags"),
    seed: byDefault(option.integer("N", "of order and augmentation", { min: 0 }), 0),
    threads: option.integer("N", "threads inside one operator (default: all cores)", { min: 1 }),
    provider: byDefault(option.text("NAME", "execution provider of onnxruntime"), "cpu"),
  },
  example: {
    line: "topiary finetune small.onnx --teacher resnet20.onnx --data cifar10:cifar-10-batches-bin --mean .485,.456,.406 --std .229,.224,.225 --pad 4 --flip -o tuned.onnx",
    gives: "The small model, trained for ten epochs on the labels and on what resnet20.onnx says.",
  },
  async run(input, io) {
    const { model: path, out, teacher: teacherPath, epochs, lr, batch, freeze, average, clip } = input;
    const { pad, flip, cutout, seed, threads, provider, resume, smoothing, weightDecay } = input;
    checkOutputs({ out });
    const { model } = await openWholeModel(path, io);
    const teacher = teacherPath === undefined ? undefined : (await openWholeModel(teacherPath, io)).model;
    const sets = Promise.all([openSplit(input, "train", model), openSplit(input, "val", model)]);
    const [train, val] = await io.wait("opening the data set", sets);
    const checkpoint = input.checkpoint ?? (out === "-" ? undefined : `${out}.checkpoint`);
    const stop = new AbortController();
    const interrupt = () => stop.abort();
    process.once("SIGINT", interrupt);
    try {
      const result = await finetune(
        model,
        { train, val },
        {
          ...{
            epochs,
            batch,
            teacher,
            seed,
            threads,
            provider,
            resume,
            checkpoint,
            average,
            clip,
            smoothing,
          },
          learningRate: lr,
          optimizer:
            input.optimizer === "adamw"
              ? { kind: "adamw", weightDecay }
              : { kind: "sgd", momentum: 0.9, nesterov: true, weightDecay },
          schedule: { kind: input.schedule, warmup: input.warmup },
          augmentation: { pad, flip, cutout },
          isFrozen: frozenWeights(freeze, model),
          onProgress: reporter(io, epochs),
          signal: stop.signal,
        },
      );
      const document = { epochs: result.epochs, best: result.best, finished: result.finished };
      if (!result.finished) {
        const text = `stopped; go on with the same command and --resume (state: ${checkpoint ?? "not kept"})`;
        return { document, text, exitCode: 1 };
      }
      writeModelTo(result.model, out, io);
      if (checkpoint !== undefined && input.checkpoint === undefined) rmSync(checkpoint, { force: true });
      return { document, text: textOf(result.epochs, result.best, out) };
    } finally {
      process.off("SIGINT", interrupt);
    }
  },
});

/** The line of an epoch, with what is left of the whole run. */
function reporter(io: Io, epochs: number): (progress: FinetuneProgress) => void {
  let shown = -1;
  let advance: (done?: number, total?: number) => void = () => {};
  return ({ epoch, step, steps, loss, accuracy, samplesPerSecond }) => {
    if (epoch !== shown) advance = io.progress(`epoch ${epoch + 1} of ${epochs}`);
    shown = epoch;
    advance(step, steps);
    if (step === steps) {
      const rate = `${samplesPerSecond.toFixed(0)} samples/s`;
      io.note(
        `epoch ${epoch + 1}: loss ${loss.toFixed(4)}, accuracy ${percentText(accuracy)} on training samples, ${rate}`,
      );
    }
  };
}

function textOf(epochs: readonly EpochResult[], best: number, out: string): string {
  const rows = epochs.map(
    ({ loss, valTop1, seconds }, i) =>
      `epoch ${i + 1}${i === best ? " *" : ""}  loss ${loss.toFixed(4)}  val ${percentText(valTop1)}  ${secondsText(seconds)}`,
  );
  return [
    ...rows,
    `written: ${out === "-" ? "standard output" : out} (epoch ${best + 1}, the best on the validation samples)`,
  ].join("\n");
}
