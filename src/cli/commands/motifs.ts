import { findMotifs, motifsDocument, motifsDot, motifsText } from "../../motifs/index.js";
import { argument, defineCommand } from "../command.js";
import { openModel } from "../input/model.js";
import { option } from "../option.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file") },
  options: { dot: option.flag("print the graphs of all levels in the DOT language of Graphviz") },
  example: {
    line: "topiary motifs resnet56.onnx",
    gives:
      "What the network is made of, level by level: 3 stages, of 27 basic blocks, 2 of which start with a stride.",
  },
  async run({ model: path, dot }, io) {
    const { model } = await openModel(path, io);
    io.stage("finding motifs");
    const tree = findMotifs(model.graph);
    return { document: motifsDocument(tree), text: dot ? motifsDot(tree) : motifsText(tree) };
  },
});
