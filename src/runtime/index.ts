/** onnxruntime: sessions, shapes, runs, accuracy and latency, in child processes where a crash or hang must not hurt. */
export { type Backend, listBackends } from "./backends.js";
export { calibrationBatch, calibrationFeeds } from "./calibration.js";
export { type ChannelStatistics, type MeasuredAxis, measureChannels } from "./channel-statistics.js";
export { type CallLimits, Child, ChildDied } from "./child.js";
export { type CompareOptions, compareOutputs, type OutputComparison } from "./compare.js";
export { relativeDifference } from "./difference.js";
export { engineSeconds } from "./engine.js";
export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type LabelledSamples,
  type ScoreOptions,
  scoreHere,
} from "./evaluate.js";
export { type Feeds, randomFeeds } from "./feeds.js";
export { type HostArray, type HostTensor, numbersIn, zeros } from "./host-tensor.js";
export { candidateInputs, type InputChoice, type PinnedInputs, parseInputShape } from "./inputs.js";
export { type Latency, type LatencyOptions, measureLatency } from "./latency.js";
export { packModel, unpackModel } from "./pack.js";
export { inChild, Pool, type PoolOptions } from "./pool.js";
export { inputPorts, type Port } from "./port.js";
export { ResidentChild, ResidentSession, type StateNames, type Stepper } from "./resident.js";
export { checkLoads, type RunOptions, run } from "./run.js";
export { type Accuracy, accuracyOf, type ScoreCourse } from "./score-course.js";
export type { LabelledBatch } from "./score-task.js";
export { openSession, type RunOutput, Session, type SessionOptions, withSession } from "./session.js";
export { inferShapes, prepareInference } from "./shapes.js";
export type { ModelSource } from "./source.js";
export { type EngineOptions, openStepper } from "./stepper.js";
export { type Task, task } from "./task.js";
export { type TimingOptions, timeModels } from "./time-models.js";
