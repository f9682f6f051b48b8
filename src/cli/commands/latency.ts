import { measureLatency } from "../../runtime/index.js";
import { argument, defineCommand } from "../command.js";
import { openWholeModel } from "../input/model.js";
import { inputChoice, inputShapeFlag } from "../input/shapes.js";
import { byDefault, option } from "../option.js";
import { msText, percentText } from "../output/numbers.js";
import { tableText } from "../output/table.js";

export default defineCommand({
  arguments: { models: argument.many("MODEL", "ONNX files; the first is what the others are compared with") },
  options: {
    inputShape: inputShapeFlag,
    batch: option.integer("N", "samples in one run, where the model leaves that open (default: 1)", {
      min: 1,
    }),
    seconds: byDefault(option.number("S", "how long to time each model", { min: 0.1, max: 3600 }), 3),
    threads: option.integer("N", "threads inside one operator (default: all cores)", { min: 1 }),
    provider: byDefault(option.text("NAME", "execution provider of onnxruntime"), "cpu"),
    seed: byDefault(option.integer("N", "of the random inputs", { min: 0 }), 0),
  },
  example: {
    line: "topiary latency resnet56.onnx small.onnx",
    gives: "Median and 90th percentile of the time of one run and the memory of both, timed turn by turn.",
  },
  async run({ models: paths, inputShape, ...options }, io) {
    const opened = [];
    for (const path of paths) opened.push(await openWholeModel(path, io));
    const advance = io.progress("timing, percent");
    const figures = await measureLatency(
      opened.map(({ source }) => source),
      {
        ...inputChoice(inputShape),
        ...options,
        onProgress: (share) => advance(Math.round(100 * share), 100),
      },
    );
    const models = figures.map(({ p50Ms, p90Ms, peakMb, runs }, i) => ({
      path: paths[i] ?? "",
      p50Ms,
      p90Ms,
      peakMb,
      runs,
    }));
    const [first, ...others] = models;
    const ratioOf = (p50Ms: number) => p50Ms / (first?.p50Ms ?? Number.NaN);
    const last = others.at(-1);
    return {
      document: { models, ratio: last ? ratioOf(last.p50Ms) : null },
      text: tableText(
        [
          { title: "model" },
          ...["median", "90 %", "memory", "runs", "of the first"].map((title) => ({
            title,
            align: "right" as const,
          })),
        ],
        models.map(({ path, p50Ms, p90Ms, peakMb, runs }) => [
          path,
          msText(p50Ms),
          msText(p90Ms),
          `${peakMb.toFixed(0)} MB`,
          String(runs),
          percentText(ratioOf(p50Ms)),
        ]),
      ),
    };
  },
});
