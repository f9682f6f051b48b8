import { createHash } from "node:crypto";
import { messageOf, UserError } from "../../base/errors.js";

/** JSON values in which arrays of float32 and int32 may stand. */
export type Json =
  | null
  | boolean
  | number
  | string
  | Float32Array
  | Int32Array
  | Uint8Array
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

const arrays = { f32: Float32Array, i32: Int32Array, u8: Uint8Array };
const FORMAT = "topiary-agent";

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A JSON document with a checksum; arrays of numbers are written as base64 of their little-endian bytes. */
export function encodeDocument(content: Json): Uint8Array {
  const text = JSON.stringify(content, (_, value: unknown) => {
    for (const [name, type] of Object.entries(arrays)) {
      if (value instanceof type) {
        const { buffer, byteOffset, byteLength } = value;
        return { [name]: Buffer.from(buffer, byteOffset, byteLength).toString("base64") };
      }
    }
    return value;
  });
  return Buffer.from(`{"format":"${FORMAT}","version":1,"sha256":"${sha256(text)}","content":${text}}\n`);
}

/** The inverse of `encodeDocument`. Throws the UserError "agent-file" for anything else. */
export function decodeDocument(bytes: Uint8Array): Json {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const head = /^\{"format":"topiary-agent","version":(\d+),"sha256":"([0-9a-f]{64})","content":/.exec(text);
  if (!head) throw refuse("it does not begin like one");
  if (head[1] !== "1") throw refuse(`version ${head[1]} is not known; update onnx-topiary`);
  const content = text.slice(head[0].length, text.lastIndexOf("}"));
  if (sha256(content) !== head[2]) throw refuse("its checksum does not fit: it is damaged or was edited");
  try {
    return JSON.parse(content, (_, value: unknown) => revive(value)) as Json;
  } catch (error) {
    throw refuse(messageOf(error));
  }
}

function revive(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const [only, ...others] = Object.entries(value);
  if (!only || others.length > 0) return value;
  const [name, text] = only;
  if (typeof text !== "string" || !(name === "f32" || name === "i32" || name === "u8")) return value;
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  const type = arrays[name];
  return new type(bytes.buffer, 0, bytes.length / type.BYTES_PER_ELEMENT);
}

export function refuse(why: string): UserError {
  return new UserError("agent-file", `not a saved agent: ${why}`);
}
