import { DataType } from "./data-type.js";

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 bits, the upper half of a float32's, to a number. */
export function bfloat16ToNumber(half: number): number {
  scratch.setUint32(0, (half << 16) >>> 0);
  return scratch.getFloat32(0);
}

/** IEEE 754 binary16 bits to a number. */
export function float16ToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The decoder of one of the 8-bit floats, as in https://onnx.ai/onnx/technical/float8.html */
export function float8Decoder(type: DataType): (byte: number) => number {
  if (type === DataType.FLOAT8E8M0) return (byte) => (byte === 255 ? Number.NaN : 2 ** (byte - 127));
  const mantissa = type === DataType.FLOAT8E4M3FN || type === DataType.FLOAT8E4M3FNUZ ? 3 : 2;
  const unsignedZero = type === DataType.FLOAT8E4M3FNUZ || type === DataType.FLOAT8E5M2FNUZ;
  const bias = (mantissa === 3 ? 7 : 15) + (unsignedZero ? 1 : 0);
  return (byte) => {
    if (unsignedZero && byte === 0x80) return Number.NaN;
    const sign = byte & 0x80 ? -1 : 1;
    const exponent = (byte & 0x7f) >> mantissa;
    const fraction = byte & ((1 << mantissa) - 1);
    if (type === DataType.FLOAT8E4M3FN && (byte & 0x7f) === 0x7f) return Number.NaN;
    if (type === DataType.FLOAT8E5M2 && exponent === 31)
      return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    if (exponent === 0) return sign * fraction * 2 ** (1 - bias - mantissa);
    return sign * ((1 << mantissa) + fraction) * 2 ** (exponent - bias - mantissa);
  };
}

/** The i-th element of a packed sub-byte tensor; the first element sits in the lowest bits. */
export function subByte(bytes: Uint8Array, i: number, type: DataType): number {
  const width = type === DataType.UINT2 || type === DataType.INT2 ? 2 : 4;
  const perByte = 8 / width;
  const value = ((bytes[Math.floor(i / perByte)] ?? 0) >> ((i % perByte) * width)) & ((1 << width) - 1);
  if (type === DataType.INT4 || type === DataType.INT2)
    return value >= 1 << (width - 1) ? value - (1 << width) : value;
  if (type !== DataType.FLOAT4E2M1) return value;
  const magnitude = [0, 0.5, 1, 1.5, 2, 3, 4, 6][value & 7] ?? 0;
  return value & 8 ? -magnitude : magnitude;
}
