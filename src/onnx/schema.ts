import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
import type { ModelProto } from "./messages.js";
import { WireReader } from "./wire-reader.js";
import { WireWriter } from "./wire-writer.js";

let type: protobuf.Type | undefined;

/**
 * The type of a whole file. Made when first needed from the schema that ships with the package; parsing it takes
 * about 10 ms, and a ready-made JSON descriptor saved only 5 of them.
 */
function modelType(): protobuf.Type {
  if (type) return type;
  const source = readFileSync(new URL("../../schemas/onnx.proto", import.meta.url), "utf8");
  const { root } = protobuf.parse(source);
  type = root.lookupType("onnx.ModelProto");
  adapt(root.lookup("onnx"));
  return type;
}

/** Lets absent fields read as undefined instead of as their defaults, and messages be counted. */
function adapt(scope: protobuf.ReflectionObject | null): void {
  if (scope instanceof protobuf.Type) {
    for (const field of scope.fieldsArray) scope.ctor.prototype[field.name] = undefined;
    const { decode } = scope.setup();
    scope.decode = (...call) => {
      const [reader] = call;
      if (reader instanceof WireReader) reader.countMessage();
      return decode(...call);
    };
  }
  if (scope instanceof protobuf.Namespace) for (const inner of scope.nestedArray) adapt(inner);
}

/** Decodes a file; throws whatever protobufjs throws where the bytes are no protobuf message. */
export function decodeMessage(bytes: Uint8Array): ModelProto {
  return modelType().decode(new WireReader(bytes));
}

/** The file's bytes, among which long tensors are as they were given. */
export function encodeMessage(message: ModelProto): WireWriter {
  const writer = new WireWriter();
  modelType().encode(message, writer);
  return writer;
}
