/** Training on onnxruntime: gradients, losses and optimizers as ONNX graphs. */
export {
  type ClassifierLoss,
  type ClassifierStepOptions,
  classifierStep,
  type ShapedModel,
} from "./classifier-step.js";
export { type Composite, type Composites, differentiate, dropDeadNodes } from "./differentiate.js";
export { correctCount, crossEntropy, distillation, meanSquaredError } from "./loss.js";
export {
  clipNorm,
  movingAverage,
  type Optimizer,
  type StateVector,
  type Update,
  type UpdateOptions,
  update,
} from "./optimizer.js";
export { type Schedule, scheduleFactor } from "./schedule.js";
export { gatherSegments, type Segment, type StepModel, type StepOptions, stepModel } from "./step-model.js";
export { type CopiedModel, type CopyOptions, copyModel, trainingOpset } from "./training-form.js";
