import { type LayerCost, type ModelSummary, type PortSummary, summarizeModel } from "../../analysis/index.js";
import { findMotifs, foldLayers } from "../../motifs/index.js";
import { argument, defineCommand } from "../command.js";
import { openModel, withoutFunctions } from "../input/model.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import { option } from "../option.js";
import { bytesText, countText, percentText } from "../output/numbers.js";
import { tableText } from "../output/table.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file") },
  options: {
    inputShape: inputShapeFlag,
    all: option.flag("print every layer of a long model, also those of repeated blocks"),
  },
  example: {
    line: "topiary inspect resnet56.onnx",
    gives: "Opset, inputs, outputs, and what every layer costs: 125.5 M multiply-accumulates in all.",
  },
  async run({ model: path, inputShape, all }, io) {
    const { model, label } = withoutFunctions(await openModel(path, io, { weights: "when needed" }));
    const shapes = await findShapes(model, inputChoice(inputShape), io);
    io.stage("reading weights");
    const summary = summarizeModel(model, shapes);
    const isLong = !all && summary.layers.length > MOST_LAYERS;
    const shown = isLong ? foldLayers(findMotifs(model.graph), summary.layers, MOST_LAYERS) : summary.layers;
    return { document: summary, text: textOf(label, summary, shown) };
  },
});

/** More layers than these are shown as the blocks that they form. */
const MOST_LAYERS = 48;

function textOf(label: string, summary: ModelSummary, shown: readonly LayerCost[]): string {
  const { nodes, opset, irVersion, producer, inputs, outputs, pinned } = summary;
  const about = [
    `${nodes} nodes`,
    `opset ${opset ?? "not given"}`,
    `IR ${irVersion ?? "not given"}`,
    ...(producer === null ? [] : [`from ${producer}`]),
  ];
  const sizes = pinned.map(({ input, dims }) => `${input} [${dims.join(", ")}]`).join(", ");
  return [
    `${label}: ${about.join(", ")}`,
    "",
    ...portLines("input", inputs),
    ...portLines("output", outputs),
    "",
    layerTable(summary, shown),
    "",
    `MACs of one sample, with ${sizes}`,
    ...(shown === summary.layers ? [] : [`${summary.layers.length} layers; --all prints every one`]),
    ...problemLines(summary),
  ].join("\n");
}

function portLines(kind: string, ports: readonly PortSummary[]): string[] {
  return ports.map(({ name, type, shape }) => {
    const sizes = shape === null ? " of unknown rank" : `[${shape.map((size) => size ?? "?").join(", ")}]`;
    return `${kind.padEnd(6)}  ${name}  ${type}${sizes}`;
  });
}

function layerTable({ macs, params, bytes }: ModelSummary, layers: readonly LayerCost[]): string {
  const right = ["output", "MACs", "", "params", "bytes"].map((title) => ({
    title,
    align: "right" as const,
  }));
  const share = (layer: LayerCost) => (layer.macs && macs ? percentText(layer.macs / macs) : "");
  return tableText(
    [{ title: "layer" }, { title: "op" }, ...right],
    [
      ...layers.map((layer) => [
        layer.name,
        layer.opType,
        layer.shape?.join("×") ?? "?",
        layer.macs === null ? "?" : countText(layer.macs),
        share(layer),
        countText(layer.params),
        bytesText(layer.bytes),
      ]),
      ["in all", "", "", macs === null ? "?" : countText(macs), "", countText(params), bytesText(bytes)],
    ],
  );
}

function problemLines({ uncounted, gaps, nan, unreadable }: ModelSummary): string[] {
  return [
    ...(uncounted.length > 0 ? [`not counted: ${some(uncounted)}`] : []),
    ...gaps.map((gap) => `sizes are not known everywhere: ${gap}`),
    ...nan.map(({ tensor, count }) => `${tensor} holds NaN (${count} elements)`),
    ...(unreadable.length > 0
      ? [`${unreadable.length} tensors cannot be read, the first: ${unreadable[0]?.reason}`]
      : []),
  ];
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
