import { checkWritable } from "../../base/files.js";
import { modelScene, viewerPage } from "../../report/index.js";
import { argument, defineCommand } from "../command.js";
import { openModel } from "../input/model.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import { subjectOf } from "../input/subject.js";
import { byDefault, option, short } from "../option.js";
import { bytesText } from "../output/numbers.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file") },
  options: {
    out: short("o", byDefault(option.output("where the page goes"), "model.html")),
    inputShape: inputShapeFlag,
  },
  example: {
    line: "topiary view resnet56.onnx -o resnet56.html",
    gives:
      "One HTML file to open in a browser: the graph, folded by its blocks, with what each layer is and costs.",
  },
  async run({ model: path, out, inputShape }, io) {
    if (out !== "-") checkWritable(out);
    const opened = await openModel(path, io);
    const shapes = await findShapes(opened.model, inputChoice(inputShape), io);
    const subject = subjectOf(opened, shapes, io);
    io.stage("drawing");
    const scene = modelScene(subject);
    const page = await viewerPage(scene);
    io.writeOutput(out, [page]);
    const { boxes = [], groups = [] } = scene.views[0] ?? {};
    const operators = boxes[0]?.inside?.operators ?? 0;
    const document = {
      page: out,
      bytes: Buffer.byteLength(page),
      operators,
      boxes: boxes.length,
      groups: groups.length,
    };
    return {
      document,
      text: `${out}: ${operators} operators in ${bytesText(document.bytes)}; open it in a browser`,
    };
  },
});
