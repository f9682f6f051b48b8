import { recalibrate } from "../../train/index.js";
import { argument, defineCommand } from "../command.js";
import { dataFlags, openSplit } from "../input/data.js";
import { openWholeModel } from "../input/model.js";
import { byDefault, option, required, short } from "../option.js";
import { secondsText } from "../output/numbers.js";
import { checkOutputs, writeModelTo } from "../output/write.js";

export default defineCommand({
  arguments: { model: argument.one("PRUNED", "an ONNX file with batch normalization") },
  options: {
    ...dataFlags,
    out: short("o", required(option.output("where the repaired model is written"))),
    batch: byDefault(option.integer("N", "samples in one batch", { min: 2 }), 128),
    seed: byDefault(option.integer("N", "of the order of the samples", { min: 0 }), 0),
    threads: option.integer("N", "threads inside one operator (default: all cores)", { min: 1 }),
    provider: byDefault(option.text("NAME", "execution provider of onnxruntime"), "cpu"),
  },
  example: {
    line: "topiary recover small.onnx --data cifar10:cifar-10-batches-bin --mean .485,.456,.406 --std .229,.224,.225 -o better.onnx",
    gives:
      "The same model with running means and variances measured on the training images; no weight changes.",
  },
  async run({ model: path, out, batch, seed, threads, provider, ...data }, io) {
    checkOutputs({ out });
    const { model } = await openWholeModel(path, io);
    const train = await io.wait("opening the data set", openSplit(data, "train", model));
    const onProgress = io.progress("recalibrating");
    const started = performance.now();
    const recovered = await recalibrate(model, train, { batch, seed, threads, provider, onProgress });
    const seconds = (performance.now() - started) / 1000;
    writeModelTo(recovered, out, io);
    const samples = Math.floor(train.length / Math.min(batch, train.length)) * Math.min(batch, train.length);
    return {
      document: { samples, seconds, provider },
      text: `batch normalization measured on ${samples} samples of ${train.name} in ${secondsText(seconds)}\nwritten: ${out === "-" ? "standard output" : out}`,
    };
  },
});
