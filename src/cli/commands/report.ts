import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { summarizeModel } from "../../analysis/index.js";
import { UserError } from "../../base/errors.js";
import { checkWritable } from "../../base/files.js";
import { compareModels } from "../../diff/index.js";
import { motifsText } from "../../motifs/index.js";
import {
  diffScene,
  type LatencyFigures,
  modelScene,
  type ReportedModel,
  reportPage,
  type StudySubject,
  type Subject,
} from "../../report/index.js";
import { type InputChoice, measureLatency } from "../../runtime/index.js";
import { bestTrial } from "../../search/index.js";
import { argument, defineCommand } from "../command.js";
import { familyOf, type ModelFamily, modelsOf, modelsOfStudy, shortNames } from "../input/family.js";
import type { OpenedModel } from "../input/model.js";
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
    const remarks: string[] = [];
    const studies: StudySubject[] = [];
    const families: ModelFamily[] = [];
    for (const folder of folders) {
      const subject = await studySubject(folder, io);
      studies.push(subject);
      families.push(await modelsOfStudy(folder, subject, remarks, io));
    }
    if (folders.length === 0) families.push(await familyOf(paths, io));
    const opened = modelsOf(families);
    const looked = await look(families, choice, io);
    const figures = latency && opened.length > 0 ? await timed(opened, choice, io) : undefined;
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

/** What every model is, what differs between it and its original, and the graphs of the first two. */
async function look(families: readonly ModelFamily[], choice: InputChoice, io: Io) {
  const models = modelsOf(families);
  const names = shortNames(models.map(({ label }) => label));
  const subjects = new Map<string, Subject>();
  for (const opened of models) {
    const subject = subjectOf(opened, await findShapes(opened.model, choice, io), io);
    subjects.set(opened.label, { ...subject, label: names.get(opened.label) ?? subject.label });
  }
  io.stage("comparing");
  const compared = families.flatMap(({ original, children, plan }) => {
    const before = original && subjects.get(original.label);
    return children.flatMap(({ label }) => {
      const after = subjects.get(label);
      return before && after ? [{ before, after, comparison: compareModels(before, after, { plan }) }] : [];
    });
  });
  const [shown] = compared;
  const [only] = subjects.values();
  return {
    models: reported(families, subjects),
    diffs: compared.map(({ before, after, comparison: { diff } }) => ({
      before: before.label,
      after: after.label,
      diff,
    })),
    scene: shown ? diffScene(shown.before, shown.after, shown.comparison) : only && modelScene(only),
  };
}

/** Every model once, with the cost of what it is compared with. */
function reported(families: readonly ModelFamily[], subjects: ReadonlyMap<string, Subject>): ReportedModel[] {
  const summaries = new Map(
    Array.from(subjects, ([label, { model, shapes }]) => [label, summarizeModel(model, shapes)]),
  );
  const originals = new Map(
    families.flatMap(({ original, children }) =>
      original ? [original, ...children].map(({ label }) => [label, original.label] as const) : [],
    ),
  );
  return modelsOf(families).flatMap((opened): ReportedModel[] => {
    const subject = subjects.get(opened.label);
    const summary = summaries.get(opened.label);
    if (!subject || !summary) return [];
    const original = summaries.get(originals.get(opened.label) ?? "");
    const motifs = [...motifsText(subject.tree)].join("");
    return [{ label: subject.label, summary, original, motifs, sha256: opened.identify().sha256 }];
  });
}

async function timed(opened: readonly OpenedModel[], choice: InputChoice, io: Io): Promise<LatencyFigures> {
  const advance = io.progress("timing, percent");
  const names = shortNames(opened.map(({ label }) => label));
  const figures = await measureLatency(
    opened.map(({ source }) => source),
    { ...choice, onProgress: (share) => advance(Math.round(100 * share), 100) },
  );
  return {
    models: figures.map((each, index) => ({ ...each, label: names.get(opened[index]?.label ?? "") ?? "" })),
    conditions: `One run of one sample on the CPU with onnxruntime, the models in turn; ${process.platform} ${process.arch}.`,
  };
}
