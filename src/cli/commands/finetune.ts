import { rmSync } from "node:fs";
import { type EpochResult, type FinetuneProgress, finetune } from "../../train/index.js";
import { argument, defineCommand } from "../command.js";
import { dataFlags, openSplit } from "../input/data.js";
import { openWholeModel } from "../input/model.js";
import {
  augmentationFlags,
  frozenFlags,
  frozenPart,
  lossFlags,
  lossOptions,
  optimizerFlags,
} from "../input/training.js";
import type { Io } from "../io.js";
import { byDefault, option, required, short } from "../option.js";
import { percentText, secondsText } from "../output/numbers.js";
import { checkOutputs, writeModelTo } from "../output/write.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file of a classifier") },
  options: {
    ...dataFlags,
    out: short("o", required(option.output("where the trained model is written"))),
    ...optimizerFlags,
    ...lossFlags,
    ...augmentationFlags,
    ...frozenFlags,
    batch: byDefault(option.integer("N", "samples in one step", { min: 2 }), 128),
    reinsertBn: option.flag("train with batch normalization where it was folded away, then fold it again"),
    checkpoint: option.text("FILE", "where the run can be resumed from (default: OUT.checkpoint)"),
    checkpointEvery: byDefault(option.number("SECONDS", "how often it is written", { min: 0 }), 60),
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
    const { model: path, out, teacher: teacherPath, epochs, lr, batch, average, clip, reinsertBn } = input;
    const { pad, flip, cutout, mixup, seed, threads, provider, resume, weightDecay, checkpointEvery } = input;
    checkOutputs({ out });
    const { model } = await openWholeModel(path, io, { out });
    const teacher = teacherPath === undefined ? undefined : (await openWholeModel(teacherPath, io)).model;
    const isFrozen = await frozenPart(input, model, io);
    const sets = Promise.all([openSplit(input, "train", model), openSplit(input, "val", model)]);
    const [train, val] = await io.wait("opening the data set", sets);
    const checkpoint = input.checkpoint ?? (out === "-" ? undefined : `${out}.checkpoint`);
    const stop = new AbortController();
    // The first Ctrl-C asks for a checkpoint, a second one ends the program as it would without us. (Not `once`: other
    // listeners count who is still listening.)
    const interrupt = () => {
      if (stop.signal.aborted) {
        process.off("SIGINT", interrupt);
        process.kill(process.pid, "SIGINT");
      }
      stop.abort();
    };
    process.on("SIGINT", interrupt);
    try {
      const result = await finetune(
        model,
        { train, val },
        {
          ...{ epochs, batch, seed, threads, provider, resume, checkpoint, average, clip },
          ...lossOptions(input, model, teacher),
          checkpointSeconds: checkpointEvery,
          reinsertBatchNorm: reinsertBn,
          learningRate: lr,
          optimizer:
            input.optimizer === "adamw"
              ? { kind: "adamw", weightDecay }
              : { kind: "sgd", momentum: 0.9, nesterov: true, weightDecay },
          schedule: { kind: input.schedule, warmup: input.warmup },
          augmentation: { pad, flip, cutout, mixup },
          isFrozen,
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
