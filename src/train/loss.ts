import { attribute, type Builder, DataType, type SymTensor } from "../ir/index.js";

/** A vector of `classes` ones and zeros for each label: [N, classes]. */
function oneHot(build: Builder, labels: SymTensor, classes: number): SymTensor {
  const values = build.floats([0, 1], [2], DataType.FLOAT);
  return build.node("OneHot", [labels, build.ints([classes]), values], [...labels.dims, classes], {
    attributes: [attribute.int("axis", -1)],
    type: DataType.FLOAT,
  });
}

function logSoftmax(build: Builder, logits: SymTensor): SymTensor {
  return build.unary("LogSoftmax", logits, [attribute.int("axis", -1)]);
}

/** Mean over samples of -Σ target · prediction. */
function negativeMean(build: Builder, target: SymTensor, prediction: SymTensor): SymTensor {
  const perSample = build.sum(build.mul(target, prediction), [1], false);
  return build.unary("Neg", build.mean(perSample, [0], false));
}

/** What mixup mixed into the samples: other labels [N] of which they have all but `share` (a scalar). */
export interface MixedLabels {
  readonly labels: SymTensor;
  readonly share: SymTensor;
}

/** other + share · (own - other). */
function mixLabels(build: Builder, own: SymTensor, other: SymTensor, share: SymTensor): SymTensor {
  return build.add(other, build.mul(build.sub(own, other), share));
}

/**
 * Mean cross-entropy in nats of `logits` [N, classes] for int64 `labels` [N]. A share `smoothing` of every target is
 * spread evenly over the classes (Szegedy et al., 2016).
 */
export function crossEntropy(
  build: Builder,
  logits: SymTensor,
  labels: SymTensor,
  { smoothing = 0, mixed }: { readonly smoothing?: number; readonly mixed?: MixedLabels | undefined } = {},
): SymTensor {
  const classes = logits.dims.at(-1) ?? 1;
  const own = oneHot(build, labels, classes);
  const hard = mixed ? mixLabels(build, own, oneHot(build, mixed.labels, classes), mixed.share) : own;
  const target = smoothing === 0 ? hard : build.add(build.mul(hard, 1 - smoothing), smoothing / classes);
  return negativeMean(build, target, logSoftmax(build, logits));
}

/**
 * Mean Kullback-Leibler divergence of the student's from the teacher's distribution at a temperature, times its square
 * (Hinton et al., 2015). No gradient flows into the teacher as long as nothing of it is trained.
 */
export function distillation(
  build: Builder,
  student: SymTensor,
  teacher: SymTensor,
  temperature: number,
): SymTensor {
  const [own, wanted] = [student, teacher].map((logits) =>
    logSoftmax(build, build.mul(logits, 1 / temperature)),
  );
  if (!own || !wanted) return build.scalar(0, student.type);
  const target = build.unary("Exp", wanted);
  return build.mul(negativeMean(build, target, build.sub(own, wanted)), temperature ** 2);
}

/** Mean squared difference of two tensors of the same dimensions; for feature matching too. */
export function meanSquaredError(build: Builder, a: SymTensor, b: SymTensor): SymTensor {
  return build.mean(build.square(build.sub(a, b)), [...a.dims.keys()], false);
}

/** How many of the samples have their largest logit at their label. */
export function correctCount(build: Builder, logits: SymTensor, labels: SymTensor): SymTensor {
  const attributes = [attribute.int("axis", -1), attribute.int("keepdims", 0)];
  const best = build.node("ArgMax", [logits], labels.dims, { attributes, type: DataType.INT64 });
  const hits = build.cast(build.binary("Equal", best, labels, DataType.BOOL), DataType.FLOAT);
  return build.sum(hits, [0], false);
}
