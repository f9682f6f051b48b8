import { evaluate } from "../../runtime/index.js";
import { argument, defineCommand } from "../command.js";
import { dataFlags, openTestSet } from "../input/data.js";
import { openWholeModel } from "../input/model.js";
import { byDefault, option } from "../option.js";
import { secondsText } from "../output/numbers.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file of a classifier") },
  options: {
    ...dataFlags,
    batch: byDefault(
      option.integer("N", "samples in one run, where the model leaves that open", { min: 1 }),
      100,
    ),
    provider: byDefault(option.text("NAME", "execution provider of onnxruntime"), "cpu"),
    output: option.text("NAME", "the output with the class scores (default: the first)"),
  },
  example: {
    line: "topiary evaluate resnet56.onnx --data cifar10:cifar-10-batches-bin --mean .485,.456,.406 --std .229,.224,.225",
    gives: "Accuracy and loss on all 10,000 test images: top-1 93.39 %.",
  },
  async run({ model: path, batch, provider, output, ...data }, io) {
    const { model, source } = await openWholeModel(path, io);
    const samples = await io.wait("opening the data set", openTestSet(data, model));
    const advance = io.progress("evaluating");
    const result = await evaluate(
      source,
      { shape: samples.shape, batches: samples.batches(batch) },
      { provider, output, onProgress: (done) => advance(done, samples.length) },
    );
    const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
    return {
      document: result,
      text: [
        `top-1    ${percent(result.top1)}`,
        `top-5    ${percent(result.top5)}`,
        `loss     ${result.loss.toFixed(4)} nats`,
        `samples  ${result.samples}, ${samples.name}`,
        `time     ${secondsText(result.seconds)} on ${result.provider}`,
      ].join("\n"),
    };
  },
});
