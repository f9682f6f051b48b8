import { type Verification, verifyPruned } from "../../rewrite/index.js";
import { checkLoads } from "../../runtime/index.js";
import { argument, defineCommand } from "../command.js";
import { laboratory } from "../input/laboratory.js";
import { openWholeModel, withoutFunctions } from "../input/model.js";
import { readPlan } from "../input/plan.js";
import { inputChoice, inputShapeFlag } from "../input/shapes.js";
import { byDefault, option, required } from "../option.js";
import { tableText } from "../output/table.js";

export default defineCommand({
  arguments: {
    original: argument.one("ORIGINAL", "the model before pruning"),
    pruned: argument.one("PRUNED", "the model after it"),
  },
  options: {
    plan: required(option.text("FILE", "what prune --plan wrote")),
    inputShape: inputShapeFlag,
    seed: byDefault(option.integer("N", "of the random inputs", { min: 0 }), 0),
    provider: byDefault(option.text("NAME", "execution provider of onnxruntime"), "cpu"),
  },
  example: {
    line: "topiary verify resnet56.onnx small.onnx --plan half.json",
    gives:
      "Whether small.onnx is exactly resnet56.onnx with the removed channels silenced; exit code 1 where it is not.",
  },
  async run({ original: path, pruned: prunedPath, plan: planPath, inputShape, ...options }, io) {
    const original = withoutFunctions(await openWholeModel(path, io));
    const pruned = withoutFunctions(await openWholeModel(prunedPath, io));
    const plan = await readPlan(planPath, io);
    await checkLoads(original.source, options);
    const lab = laboratory({ ...inputChoice(inputShape), ...options }, io);
    const result = await verifyPruned(original.model, pruned.model, plan, lab);
    return { document: result, text: textOf(result), exitCode: result.ok ? 0 : 1 };
  },
});

function textOf({
  ok,
  valid,
  honest,
  exact,
  recomputed,
  counted,
  difference,
  tolerance,
  problems,
}: Verification): string {
  const word = (answer: boolean | null) => (answer === null ? "not asked" : answer ? "yes" : "NO");
  const measured =
    difference === null || tolerance === null
      ? ""
      : `, up to ${difference.toExponential(1)} of the largest output (rounding: below ${tolerance.toExponential(1)})`;
  const rows = [
    ["valid", word(valid), "the file is sound and onnxruntime loads it"],
    ["honest", word(honest), "every cut constant holds exactly the kept values of the original"],
    [
      "exact",
      word(exact),
      recomputed > 0
        ? `${recomputed} operators take their statistics over what is left, as the plan allows`
        : `outputs equal those of the original with the removed channels silenced${measured}`,
    ],
    ["counted", word(counted), "the plan's multiply-accumulates are those of the files"],
  ];
  const table = tableText([{ title: ok ? "ok" : "FAILED" }, { title: "" }, { title: "" }], rows);
  return [table, ...problems.map((problem) => `  ${problem}`)].join("\n");
}
