/** A protobuf encoder of a few lines, to make files byte by byte, sound ones and others. */

/** A field with a number as varint. */
export function varint(field: number, value: number | bigint): Uint8Array {
  return Uint8Array.from([...base128(BigInt(field) << 3n), ...base128(BigInt.asUintN(64, BigInt(value)))]);
}

/** A field with bytes or text. */
export function bytes(field: number, value: Uint8Array | string): Uint8Array {
  const content = typeof value === "string" ? Buffer.from(value) : value;
  return join(
    Uint8Array.from([...base128((BigInt(field) << 3n) | 2n), ...base128(BigInt(content.length))]),
    content,
  );
}

/** A field with a message made of `fields`, in the order of their numbers, as encoders write them. */
export function message(field: number, ...fields: readonly Uint8Array[]): Uint8Array {
  return bytes(field, file(...fields));
}

/** A message at the outermost level. */
export function file(...fields: readonly Uint8Array[]): Uint8Array {
  return join(...fields.toSorted((a, b) => tagOf(a) - tagOf(b)));
}

function tagOf(field: Uint8Array): number {
  const end = field.findIndex((byte) => byte < 128);
  return field.slice(0, end + 1).reduceRight((tag, byte) => tag * 128 + (byte & 127), 0);
}

/** A field with a 32-bit float. */
export function float32(field: number, value: number): Uint8Array {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return join(Uint8Array.from(base128((BigInt(field) << 3n) | 5n)), content);
}

/** The bytes one after the other. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** A number in groups of seven bits, the lowest first. */
export function base128(value: bigint): number[] {
  const low = Number(value & 127n);
  return value < 128n ? [low] : [low | 128, ...base128(value >> 7n)];
}
