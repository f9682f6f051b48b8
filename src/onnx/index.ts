/** ONNX files to models and back: protobuf, external data, weights as views. */
export { checkExternalData } from "./check-external-data.js";
export { type DecodeOptions, decodeModel } from "./decode-model.js";
export { type ReadOptions, readModel } from "./read.js";
export {
  dataFileOf,
  type EncodedModel,
  encodeModel,
  modelToBytes,
  type WriteOptions,
  writeModel,
} from "./write.js";
