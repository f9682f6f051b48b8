import { costTable } from "../../analysis/index.js";
import { restoreCalls } from "../../ir/index.js";
import { applyPlan, stampPlan } from "../../rewrite/index.js";
import { argument, defineCommand } from "../command.js";
import { openWholeModel, withoutFunctions } from "../input/model.js";
import { readPlan } from "../input/plan.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import { option, required, short } from "../option.js";
import { costChanges, costsTable } from "../output/costs.js";
import { checkOutputs, writeOutputs } from "../output/write.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file with the graph that the plan was made for") },
  options: {
    plan: required(option.text("FILE", "what prune --plan wrote")),
    out: short("o", required(option.output("where the pruned model is written"))),
    inputShape: inputShapeFlag,
  },
  example: {
    line: "topiary apply epoch90.onnx --plan half.json -o epoch90-half.onnx",
    gives: "The same channels cut out of another checkpoint; a model with another graph is refused.",
  },
  async run({ model: path, plan: planPath, out, inputShape }, io) {
    checkOutputs({ out });
    const opened = await openWholeModel(path, io, { weights: "when needed", out });
    const { model, calls } = withoutFunctions(opened);
    const plan = await readPlan(planPath, io);
    const shapes = await findShapes(model, inputChoice(inputShape), io);
    io.stage("cutting channels");
    const sliced = applyPlan(model, shapes.of, plan);
    stampPlan(sliced.model, plan, io.version);
    const before = costTable(model.graph, shapes.of);
    const after = costTable(sliced.model.graph, sliced.dims);
    restoreCalls(sliced.model, calls);
    writeOutputs(sliced.model, plan, { out }, io);
    const changes = costChanges(before, after, before.uncounted);
    return {
      document: { ...changes, slices: sliced.slices.length },
      text: `${costsTable(changes)}\n\nwritten: ${out === "-" ? "standard output" : out}`,
    };
  },
});
