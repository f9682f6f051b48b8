import { ChannelAnalysis } from "../../channels/index.js";
import type { Model } from "../../ir/index.js";
import {
  type CompactedModel,
  compactModel,
  type MeasuredRanges,
  rangeKey,
  readAxes,
  toleranceFor,
} from "../../rewrite/index.js";
import { checkLoads, compareOutputs, inputPorts, measureChannels, randomFeeds } from "../../runtime/index.js";
import { argument, defineCommand } from "../command.js";
import { openWholeModel } from "../input/model.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import { byDefault, option, required, short } from "../option.js";
import { costChanges, costsTable } from "../output/costs.js";
import { tableText } from "../output/table.js";
import { checkOutputs, writeModelTo } from "../output/write.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file") },
  options: {
    out: short("o", required(option.output("where the smaller model is written"))),
    inputShape: inputShapeFlag,
    seed: byDefault(option.integer("N", "of the random inputs", { min: 0 }), 0),
    provider: byDefault(option.text("NAME", "execution provider of onnxruntime"), "cpu"),
  },
  example: {
    line: "topiary compact masked.onnx -o small.onnx",
    gives:
      "The same outputs without the channels that are zero, constant or read by nobody; exit code 1 if they differ.",
  },
  async run({ model: path, out, inputShape, ...options }, io) {
    checkOutputs({ out });
    const { model, source } = await openWholeModel(path, io, { out });
    await checkLoads(source, options);
    const choice = inputChoice(inputShape);
    const shapes = await findShapes(model, choice, io);
    const analysis = new ChannelAnalysis(model, shapes.of);
    const ports = inputPorts(model.graph);
    // With other sizes other places may be at a border, so that what is constant at these may vary.
    const isFixed = ports.every(({ dims }) =>
      dims.slice(1).every((size) => typeof size === "number" && size > 0),
    );
    const ranges = isFixed
      ? await io.wait(
          "measuring channels",
          measured(model, analysis, [randomFeeds(ports, shapes.pinned, options.seed)]),
        )
      : new Map();
    const compact = compactModel(model, shapes.of, ranges);
    const compared = await io.wait(
      "running both",
      compareOutputs(model, compact.model, { ...choice, ...options }),
    );
    const difference = Math.max(0, ...compared.outputs.map((each) => each.difference));
    const tolerance = toleranceFor(compared.rounding);
    const same = compared.failure === undefined && difference <= tolerance;
    writeModelTo(compact.model, out, io);
    const { model: _, before, after, ...found } = compact;
    const changes = costChanges(before, after, []);
    const document = { ...changes, ...found, same, difference, tolerance, fixedSizes: isFixed };
    const end = same
      ? `outputs are the same, up to ${difference.toExponential(1)} of the largest (rounding: below ${tolerance.toExponential(1)})`
      : `OUTPUTS DIFFER: ${compared.failure ?? `by ${difference.toExponential(1)} of the largest`}`;
    const open = isFixed
      ? []
      : ["sizes inside the inputs are open: only channels that nobody reads were looked for"];
    const lines = [
      groupsText(compact),
      "",
      costsTable(changes),
      "",
      ...open,
      end,
      `written: ${out === "-" ? "standard output" : out}`,
    ];
    return { document, text: lines.join("\n"), exitCode: same ? 0 : 1 };
  },
});

async function measured(
  model: Model,
  analysis: ChannelAnalysis,
  feeds: Parameters<typeof measureChannels>[2],
): Promise<MeasuredRanges> {
  const axes = readAxes(analysis);
  const wanted = axes.map(({ value, axis }) => ({
    value: value.name,
    axis,
    dims: analysis.dims(value) ?? [],
  }));
  const statistics = await measureChannels(model, wanted, feeds, { optimization: "disabled" });
  return new Map(
    axes.flatMap(({ value, axis }, i) => (statistics[i] ? [[rangeKey(value, axis), statistics[i]]] : [])),
  );
}

function groupsText({ groups, folded, removed }: CompactedModel): string {
  if (groups.length === 0) return "no channel is dead";
  const right = { align: "right" } as const;
  const table = tableText(
    [
      { title: "group" },
      { title: "units", ...right },
      { title: "never read", ...right },
      { title: "always zero", ...right },
      { title: "constant", ...right },
      { title: "kept", ...right },
      { title: "made by" },
    ],
    groups.map(({ id, units, causes, kept, producers }) => [
      id,
      ...[units, causes["never read"], causes["always zero"], causes.constant, kept].map(String),
      producers.length > 3
        ? `${producers.slice(0, 3).join(", ")} and ${producers.length - 3} more`
        : producers.join(", "),
    ]),
  );
  const into = folded.length > 0 ? [`constants folded into the biases of ${folded.join(", ")}`] : [];
  return [table, ...into, `${removed} units removed`].join("\n");
}
