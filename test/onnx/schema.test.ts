import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import protobuf from "protobufjs";
import { DataType } from "../../src/ir/index.js";
import { attributeKinds } from "../../src/onnx/decode-attribute.js";
import { python } from "../support/shared.js";

const { root } = protobuf.parse(readFileSync("schemas/onnx.proto", "utf8"), { keepCase: true });

function* messages(scope: protobuf.NamespaceBase): Generator<protobuf.Type> {
  for (const inner of scope.nestedArray) {
    if (inner instanceof protobuf.Type) yield inner;
    if (inner instanceof protobuf.Namespace) yield* messages(inner);
  }
}

function fieldsOf(type: protobuf.Type) {
  return type.fieldsArray
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, name, repeated, type: kind }) => [id, name, repeated ? "repeated" : "optional", kind]);
}

describe("schemas/onnx.proto", () => {
  it("has the messages and fields of Python's onnx", function () {
    const published = JSON.parse(execFileSync(python(this), ["test/onnx/fields.py"]).toString("utf8"));
    const ours = Object.fromEntries(
      [...messages(root)].map((type) => [type.fullName.slice(1), fieldsOf(type)]),
    );
    expect(ours).to.deep.equal(published);
  });

  it("numbers element types and attribute types as the IR does", () => {
    expect({ ...root.lookupEnum("onnx.TensorProto.DataType").values }).to.deep.equal(DataType);
    const types = Object.values(root.lookupEnum("onnx.AttributeProto.AttributeType").values);
    expect(attributeKinds.map(({ type }) => type)).to.deep.equal(types.slice(1));
  });
});
