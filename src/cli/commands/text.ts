import { modelText } from "../../onnx/text/index.js";
import { argument, defineCommand } from "../command.js";
import { openModel, openWholeModel } from "../input/model.js";
import { option } from "../option.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file") },
  options: { full: option.flag("write weights and documentation exactly, so that the text parses back") },
  example: {
    line: "topiary text resnet56.onnx | less",
    gives: "The graph in ONNX's text syntax; weights as shape, type, hash and statistics.",
  },
  async run({ model: path, full }, io) {
    const open = full ? openWholeModel : openModel;
    const { model } = await open(path, io);
    const text = modelText(model, { full });
    return io.json ? { document: { text: [...text].join("") }, text: "" } : { document: null, text };
  },
});
