import onnxProto from "onnx-proto";
import { decodeModel, modelToBytes } from "../../src/onnx/index.js";
import { bytes, file, message, varint } from "./protobuf.js";

/** ModelProto with IR version 10, opset 21 and a graph called "g" of these fields. */
export function modelWith(...graphFields: readonly Uint8Array[]): Uint8Array {
  return file(varint(1, 10), message(7, bytes(2, "g"), ...graphFields), message(8, varint(2, 21)));
}

/** The bytes of a model after reading and writing. */
export function reencoded(source: Uint8Array): Uint8Array {
  return Uint8Array.from(modelToBytes(decodeModel(source)));
}

/** What the package onnx-proto, which shares no code with src/onnx, understands of a file; it knows IR 8 and older. */
export function understood(source: Uint8Array): Uint8Array {
  return onnxProto.onnx.ModelProto.encode(onnxProto.onnx.ModelProto.decode(source)).finish();
}
