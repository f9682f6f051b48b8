import { ChannelAnalysis, type GroupsDocument, groupsDocument } from "../../channels/index.js";
import { argument, defineCommand } from "../command.js";
import { frozenNames } from "../input/freeze.js";
import { openModel } from "../input/model.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import { option } from "../option.js";
import { tableText } from "../output/table.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file") },
  options: {
    inputShape: inputShapeFlag,
    freeze: option.list("GLOB", "names of nodes or tensors whose channels stay"),
  },
  example: {
    line: "topiary groups resnet56.onnx",
    gives: "Which channels stand and fall together, and what keeps the others.",
  },
  async run({ model: path, inputShape, freeze }, io) {
    const { model } = await openModel(path, io);
    const isFrozen = frozenNames(freeze, model);
    const shapes = await findShapes(model, inputChoice(inputShape), io);
    io.stage("following channels");
    const document = groupsDocument(new ChannelAnalysis(model, shapes.of, { isFrozen }));
    return { document, text: textOf(document) };
  },
});

function textOf({ groups, barriers }: GroupsDocument): string {
  const groupTable = tableText(
    [
      { title: "group" },
      { title: "channels", align: "right" },
      { title: "units", align: "right" },
      { title: "cells" },
      { title: "made by" },
    ],
    groups.map(({ id, size, units, cells, producers }) => [
      id,
      String(size),
      String(units),
      cells.length > 1 ? cells.join("+") : "",
      some(producers.map(({ node }) => node)),
    ]),
  );
  const barrierTable = tableText(
    [
      { title: "stays because" },
      { title: "at" },
      { title: "op" },
      { title: "tensor" },
      { title: "axis", align: "right" },
    ],
    barriers.map(({ code, node, opType, tensor, axis }) => [code, node, opType, tensor, String(axis)]),
  );
  return `${groupTable}\n\n${barriers.length > 0 ? barrierTable : "nothing keeps any channel"}`;
}

function some(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  const shown = distinct.slice(0, 3).join(", ");
  return distinct.length > 3 ? `${shown} and ${distinct.length - 3} more` : shown;
}
