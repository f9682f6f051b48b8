/** Data sets with their splits and preprocessing, as batches for a model. */
export { type Batch, type BatchRange, Dataset } from "./dataset.js";
export { type DatasetKind, type DatasetSpec, datasetKinds } from "./dataset-spec.js";
export type { Normalisation } from "./normalise.js";
export { type OpenOptions, openDataset } from "./open.js";
export { parseSpec } from "./parse-spec.js";
export { type Pixels, type Samples, SamplesInMemory } from "./samples.js";
export type { Split } from "./split.js";
