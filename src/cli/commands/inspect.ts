import { type LayerCost, type ModelSummary, type PortSummary, summarizeModel } from "../../analysis/index.js";
import { argument, defineCommand } from "../command.js";
import { openModel } from "../input/model.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import { bytesText, countText, percentText } from "../output/numbers.js";
import { tableText } from "../output/table.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file") },
  options: { inputShape: inputShapeFlag },
  example: {
    line: "topiary inspect resnet56.onnx",
    gives: "Opset, inputs, outputs, and what every layer costs: 125.5 M multiply-accumulates in all.",
  },
  async run({ model: path, inputShape }, io) {
    const { model, label } = await openModel(path, io);
    const shapes = await findShapes(model, inputChoice(inputShape), io);
    io.stage("reading weights");
    const summary = summarizeModel(model, shapes);
    return { document: summary, text: textOf(label, summary) };
  },
});

function textOf(label: string, summary: ModelSummary): string {
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
    layerTable(summary),
    "",
    `MACs of one sample, with ${sizes}`,
    ...problemLines(summary),
  ].join("\n");
}

function portLines(kind: string, ports: readonly PortSummary[]): string[] {
  return ports.map(({ name, type, shape }) => {
    const sizes = shape === null ? " of unknown rank" : `[${shape.map((size) => size ?? "?").join(", ")}]`;
    return `${kind.padEnd(6)}  ${name}  ${type}${sizes}`;
  });
}

function layerTable({ layers, macs, params, bytes }: ModelSummary): string {
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
