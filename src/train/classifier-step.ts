import type { ShapeTable } from "../analysis/index.js";
import { UserError } from "../base/errors.js";
import { Builder, DataType, Graph, type Model, type SymTensor, type Value } from "../ir/index.js";
import { isSoftmax } from "../ops/index.js";
import { correctCount, crossEntropy, distillation, meanSquaredError } from "./loss.js";
import type { Optimizer } from "./optimizer.js";
import { type StepModel, stepModel } from "./step-model.js";
import { type CopiedModel, copyModel, trainingOpset } from "./training-form.js";

/** A model with the dimensions of its values at the batch size of the training. */
export interface ShapedModel {
  readonly model: Model;
  readonly shapes: ShapeTable;
}

export interface ClassifierLoss {
  /** Share of every target that is spread over all classes. */
  readonly smoothing?: number;
  /** Samples are mixtures of two: further feeds are "otherLabels" (int64 [N]) and "share" (scalar, of "labels"). */
  readonly mixed?: boolean;
  /** Learns from this model too: its shapes at the same batch size. */
  readonly teacher?: ShapedModel | undefined;
  /** Share of the loss that is distillation, at this temperature. */
  readonly distill?: { readonly weight: number; readonly temperature: number };
  /** Values of the same name and size in both models whose mean squared difference counts, with this weight. */
  readonly features?: { readonly names: readonly string[]; readonly weight: number };
}

export interface ClassifierStepOptions extends ClassifierLoss {
  readonly optimizer: Optimizer;
  readonly clip?: number | undefined;
  readonly average?: number | undefined;
  readonly isFrozen?: ((name: string) => boolean) | undefined;
}

/**
 * The training step of a classifier with one image-like input. Feeds: the model's input, "labels" (int64 [N]),
 * "learningRate", "step". Outputs: "loss", "correct" (samples whose largest logit is at their label).
 */
export function classifierStep({ model, shapes }: ShapedModel, options: ClassifierStepOptions): StepModel {
  const opset = Math.max(trainingOpset(model), options.teacher ? trainingOpset(options.teacher.model) : 0);
  const build = new Builder(new Graph({ name: "training" }));
  const data = model.graph.inputs.filter((input) => !input.initializer);
  const [input] = data;
  const dims = input && shapes.of(input);
  if (!input || !dims || data.length !== 1)
    throw new UserError("train-inputs", `training needs a model with one input, this has ${data.length}`);
  const x = build.input(input.name, dims);
  const labels = build.input("labels", dims.slice(0, 1), DataType.INT64);
  const copied = copyModel(build, model, shapes, new Map([[input.name, x]]), {
    training: true,
    isFrozen: options.isFrozen,
  });
  const logits = logitsOf(model, copied);
  if (logits.dims.length !== 2 || logits.dims[0] !== dims[0])
    throw new UserError(
      "train-output",
      `the output has dimensions [${logits.dims}], expected [${dims[0]}, classes]: a score for each class`,
    );
  const loss = totalLoss(build, { model, copied, logits, labels, x }, options);
  return stepModel(build, loss, copied.weights, {
    ...options,
    opset,
    composites: copied.composites,
    statistics: copied.statistics,
    outputs: new Map([
      ["loss", loss],
      ["correct", correctCount(build, logits, labels)],
    ]),
    constants: (name) => model.graph.find(name)?.initializer,
  });
}

interface Student {
  readonly model: Model;
  readonly copied: CopiedModel;
  readonly logits: SymTensor;
  readonly labels: SymTensor;
  readonly x: SymTensor;
}

function totalLoss(build: Builder, student: Student, options: ClassifierLoss): SymTensor {
  const { smoothing, mixed, teacher, distill = { weight: 0.5, temperature: 4 }, features } = options;
  const { labels } = student;
  const hard = crossEntropy(build, student.logits, labels, {
    ...(smoothing === undefined ? {} : { smoothing }),
    mixed: mixed
      ? { labels: build.input("otherLabels", labels.dims, labels.type), share: build.input("share", []) }
      : undefined,
  });
  if (!teacher) return hard;
  const name = teacher.model.graph.inputs.find((input) => !input.initializer)?.name ?? "";
  const copied = copyModel(build, teacher.model, teacher.shapes, new Map([[name, student.x]]), {
    prefix: "teacher/",
    training: false,
  });
  const wanted = logitsOf(teacher.model, copied);
  if (String(wanted.dims) !== String(student.logits.dims))
    throw new UserError(
      "teacher-output",
      `the teacher gives [${wanted.dims}], the model [${student.logits.dims}]`,
    );
  const soft = distillation(build, student.logits, wanted, distill.temperature);
  const loss = build.add(build.mul(hard, 1 - distill.weight), build.mul(soft, distill.weight));
  if (!features) return loss;
  return features.names.reduce((sum, feature) => {
    const [own, other] = [
      named(student.model, student.copied, feature),
      named(teacher.model, copied, feature),
    ];
    if (String(own.dims) !== String(other.dims))
      throw new UserError(
        "feature-dims",
        `${feature} is [${own.dims}] here and [${other.dims}] in the teacher`,
      );
    return build.add(sum, build.mul(meanSquaredError(build, own, other), features.weight));
  }, loss);
}

function named(model: Model, copied: CopiedModel, name: string): SymTensor {
  const value = model.graph.find(name);
  const symbol = value && copied.symbols.get(value);
  if (symbol) return symbol;
  throw new UserError("feature-missing", `there is no value ${name} to match features on`);
}

/** The first output; what goes into it where it is a softmax, which the loss computes itself. */
export function logitsOf(model: Model, { symbols }: CopiedModel): SymTensor {
  const [output] = model.graph.outputs;
  const last = output?.producer;
  const value: Value | undefined = last && isSoftmax(last) ? last.input(0) : output;
  const symbol = value && symbols.get(value);
  if (!symbol) throw new UserError("train-output", "the model's first output is not computed from its input");
  return symbol;
}
