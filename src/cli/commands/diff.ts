import { checkWritable } from "../../base/files.js";
import { compareModels, compareRuns } from "../../diff/index.js";
import { diffScene, viewerPage } from "../../report/index.js";
import { argument, defineCommand } from "../command.js";
import { openModel } from "../input/model.js";
import { checkPlanOf, readPlan } from "../input/plan.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import { subjectOf } from "../input/subject.js";
import { byDefault, option } from "../option.js";
import { diffMarkdown, diffSummary, diffText } from "../output/diff.js";

export default defineCommand({
  arguments: {
    before: argument.one("A", "an ONNX file"),
    after: argument.one("B", "the ONNX file to compare it with"),
  },
  options: {
    plan: option.text("FILE", "the plan by which B was pruned out of A"),
    ignoreNames: option.flag("match nodes by structure alone"),
    run: option.flag("also run both on the same random input and compare the outputs"),
    summary: option.flag("only the counts and costs"),
    markdown: option.flag("the tables in Markdown, for a pull request"),
    html: option.output("write both graphs side by side, as one page to look at"),
    inputShape: inputShapeFlag,
    seed: byDefault(option.integer("N", "of the random input", { min: 0 }), 0),
    provider: byDefault(option.text("NAME", "execution provider of onnxruntime for --run"), "cpu"),
  },
  example: {
    line: "topiary diff resnet56.onnx small.onnx",
    gives:
      "What differs, the channels that each layer lost, and the cost of both; exit code 1 since they differ.",
  },
  async run(
    { before, after, plan: planPath, ignoreNames, inputShape, summary, markdown, html, ...flags },
    io,
  ) {
    if (html !== undefined && html !== "-") checkWritable(html);
    const choice = inputChoice(inputShape);
    const left = await openModel(before, io);
    const right = await openModel(after, io);
    const plan = planPath === undefined ? undefined : await readPlan(planPath, io);
    if (plan) checkPlanOf(right.model, plan, right.label);
    const sides = [
      { model: left.model, shapes: await findShapes(left.model, choice, io) },
      { model: right.model, shapes: await findShapes(right.model, choice, io) },
    ] as const;
    io.stage("comparing");
    const comparison = compareModels(...sides, { plan, ignoreNames });
    const { diff } = comparison;
    const run = flags.run
      ? await io.wait("running both", compareRuns(left.model, right.model, { ...choice, ...flags }))
      : undefined;
    const document = run ? { ...diff, run } : diff;
    if (html !== undefined) {
      const [was, is] = [subjectOf(left, sides[0].shapes, io), subjectOf(right, sides[1].shapes, io)];
      io.stage("drawing");
      io.writeOutput(html, [await viewerPage(diffScene(was, is, comparison))]);
    }
    const words = markdown ? diffMarkdown : summary ? diffSummary : diffText;
    return { document, text: words(document, left.label, right.label), exitCode: diff.same ? 0 : 1 };
  },
});
