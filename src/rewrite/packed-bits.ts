/** Elements of less than a byte, one a byte; the first sits in the lowest bits. */
export function unpackBits(packed: Uint8Array, bits: number, count: number): Uint8Array {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  return Uint8Array.from(
    { length: count },
    (_, i) => ((packed[Math.floor(i / perByte)] as number) >> ((i % perByte) * bits)) & mask,
  );
}

/** The reverse; what sticks out of an element's bits is cut off. */
export function packBits(elements: Uint8Array, bits: number): Uint8Array {
  const perByte = 8 / bits;
  const packed = new Uint8Array(Math.ceil(elements.length / perByte));
  const mask = (1 << bits) - 1;
  elements.forEach((element, i) => {
    const at = Math.floor(i / perByte);
    packed[at] = (packed[at] as number) | ((element & mask) << ((i % perByte) * bits));
  });
  return packed;
}
