import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { summarizeModel } from "../../analysis/index.js";
import { UserError } from "../../base/errors.js";
import { checkWritable } from "../../base/files.js";
import { compareModels } from "../../diff/index.js";
import { findMotifs, motifsText } from "../../motifs/index.js";
import {
  diffScene,
  type LatencyFigures,
  modelScene,
  reportPage,
  type StudySubject,
} from "../../report/index.js";
import { type InputChoice, measureLatency } from "../../runtime/index.js";
import { bestTrial } from "../../search/index.js";
import { argument, defineCommand } from "../command.js";
import { type OpenedModel, openModel } from "../input/model.js";
import { readPlan } from "../input/plan.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import { isFolder, readStudy } from "../input/study.js";
import { subjectOf } from "../input/subject.js";
import type { Io } from "../io.js";
import { byDefault, option, short } from "../option.js";
import { bytesText } from "../output/numbers.js";

export default defineCommand({
  arguments: {
    subjects: argument.many(
      "STUDY|MODEL",
      "folders of searches, or ONNX files, the first being the original",
    ),
  },
  options: {
    out: short("o", byDefault(option.output("where the page goes"), "report.html")),
    latency: option.flag("also time the models on this machine"),
    inputShape: inputShapeFlag,
  },
  example: {
    line: "topiary report study -o study.html",
    gives:
      "One page: what was asked and reached, every trial, what each layer lost, the graphs, how to repeat it.",
  },
  async run({ subjects: paths, out, latency, inputShape }, io) {
    if (out !== "-") checkWritable(out);
    const choice = inputChoice(inputShape);
    const folders = paths.filter(isFolder);
    if (folders.length > 0 && folders.length < paths.length)
      throw new UserError("usage", "report takes folders of studies or ONNX files, not both at once");
    const studies: StudySubject[] = [];
    for (const folder of folders) studies.push(await studySubject(folder, io));
    const remarks: string[] = [];
    const files = folders.length > 0 ? modelsOfStudy(folders[0] as string, studies[0], remarks) : paths;
    const opened: OpenedModel[] = [];
    for (const file of files) opened.push(await openModel(file, io));
    const looked = await look(opened, choice, io);
    const figures = latency ? await timed(opened, choice, io) : undefined;
    const page = await reportPage({
      title: paths.map((path) => basename(resolve(path))).join(", "),
      version: io.version,
      studies,
      ...looked,
      latency: figures,
      remarks,
    });
    io.writeOutput(out, [page]);
    const bytes = Buffer.byteLength(page);
    const document = { page: out, bytes, studies: studies.length, models: opened.length, remarks };
    return { document, text: `${out}: ${bytesText(bytes)}; open it in a browser` };
  },
});

async function studySubject(folder: string, io: Io): Promise<StudySubject> {
  const { study, trials } = await readStudy(folder);
  const plan = join(folder, "best.plan.json");
  return {
    label: basename(resolve(folder)),
    study,
    trials,
    best: bestTrial(trials),
    plan: existsSync(plan) ? await readPlan(plan, io) : undefined,
  };
}

/** The original of a study and the best model that it has found, as far as they are there. */
function modelsOfStudy(folder: string, subject: StudySubject | undefined, remarks: string[]): string[] {
  const original = subject?.study.model.file ?? "";
  const candidates = [original, join(folder, basename(original))].filter(
    (path) => path !== "" && existsSync(path),
  );
  const best = join(folder, "best.onnx");
  if (candidates.length === 0)
    remarks.push(`The original model ${original} is not here: no diff and no graph of it.`);
  if (!existsSync(best)) remarks.push("The study holds no best.onnx yet.");
  return [...candidates.slice(0, 1), ...(existsSync(best) ? [best] : [])];
}

/** What every model is, and what differs between the first and each other. */
async function look(opened: readonly OpenedModel[], choice: InputChoice, io: Io) {
  const seen = [];
  for (const each of opened) {
    const shapes = await findShapes(each.model, choice, io);
    seen.push({ each, shapes, subject: subjectOf(each, shapes, io) });
  }
  const models = seen.map(({ each, shapes, subject }) => ({
    label: subject.label,
    summary: summarizeModel(each.model, shapes),
    motifs: [...motifsText(findMotifs(each.model.graph))].join(""),
    sha256: each.identify().sha256,
  }));
  const [first, ...others] = seen;
  io.stage("comparing");
  const compared = others.map((other) => ({
    other,
    comparison: compareModels(first?.subject ?? other.subject, other.subject),
  }));
  const diffs = compared.map(({ other, comparison: { diff } }) => ({
    before: first?.subject.label ?? "",
    after: other.subject.label,
    diff,
  }));
  const [shown] = compared;
  if (!first) return { models, diffs };
  const scene = shown
    ? diffScene(first.subject, shown.other.subject, shown.comparison)
    : modelScene(first.subject);
  return { models, diffs, scene };
}

async function timed(opened: readonly OpenedModel[], choice: InputChoice, io: Io): Promise<LatencyFigures> {
  const advance = io.progress("timing, percent");
  const figures = await measureLatency(
    opened.map(({ source }) => source),
    { ...choice, onProgress: (share) => advance(Math.round(100 * share), 100) },
  );
  return {
    models: figures.map((each, index) => ({ ...each, label: basename(opened[index]?.label ?? "") })),
    conditions: `One run of one sample on the CPU with onnxruntime, the models in turn; ${process.platform} ${process.arch}.`,
  };
}
