/** Training on onnxruntime: gradients, losses and optimizers as ONNX graphs. */
export { type Augmentation, augment } from "./augment.js";
export {
  type ClassifierLoss,
  type ClassifierStepOptions,
  classifierStep,
  type ShapedModel,
} from "./classifier-step.js";
export { type ContributionOptions, sliceContributions } from "./contributions.js";
export { type Composite, type Composites, differentiate, dropDeadNodes } from "./differentiate.js";
export { dataInput } from "./feed.js";
export { finetune } from "./finetune.js";
export type { EpochResult, FinetuneOptions, FinetuneProgress, FinetuneResult } from "./finetune-options.js";
export { type LeastSquaresOptions, type LeastSquaresResult, leastSquares } from "./least-squares.js";
export { correctCount, crossEntropy, distillation, type MixedLabels, meanSquaredError } from "./loss.js";
export {
  clipNorm,
  movingAverage,
  type Optimizer,
  type StateVector,
  type Update,
  type UpdateOptions,
  update,
} from "./optimizer.js";
export { type RecalibrateOptions, recalibrate, recalibrationStep } from "./recalibrate.js";
export { type ReinsertOptions, reinsertBatchNorm } from "./reinsert.js";
export { type Schedule, scheduleFactor } from "./schedule.js";
export { gatherSegments, type Segment, scatterSegments } from "./segments.js";
export { solveSymmetric } from "./solve.js";
export { type StepModel, type StepOptions, stateOutputs, stepModel } from "./step-model.js";
export { type CopiedModel, type CopyOptions, copyModel, trainingOpset } from "./training-form.js";
