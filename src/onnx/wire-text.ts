/**
 * Text of the file that is not UTF-8 although it should be: each byte that fits nowhere becomes a lone surrogate
 * U+DC80 to U+DCFF and turns back into that byte (Python calls this surrogateescape, PEP 383).
 */

const ESCAPE = 0xdc00;

/** Matches an escaped byte. With the flag u, a surrogate that is half of a pair does not count. */
const ESCAPED = /[\u{DC80}-\u{DCFF}]/u;

/** The text in `bytes` from `start` to `end`. */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("utf8", start, end);
  if (!text.includes("\uFFFD")) return text;
  const source = bytes.subarray(start, end);
  return Buffer.from(text).equals(source) ? text : decodeWrong(source);
}

/** The bytes of `text`; undefined where no byte in it is escaped, so that the caller can take a faster way. */
export function encodeEscaped(text: string): Uint8Array | undefined {
  if (!ESCAPED.test(text)) return undefined;
  const bytes = Buffer.allocUnsafe(3 * text.length);
  let size = 0;
  for (const character of text) {
    const code = character.charCodeAt(0);
    const escaped = character.length === 1 && code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff;
    size += escaped ? bytes.writeUInt8(code - ESCAPE, size) - size : bytes.write(character, size);
  }
  return bytes.subarray(0, size);
}

function decodeWrong(bytes: Buffer): string {
  const units = Buffer.allocUnsafe(2 * bytes.length);
  let size = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    if (length === 0) size = units.writeUInt16LE(ESCAPE + (bytes[at] ?? 0), size);
    else size += units.write(bytes.toString("utf8", at, at + length), size, "utf16le");
    at += Math.max(1, length);
  }
  return units.toString("utf16le", 0, size);
}

/** Bytes of the well-formed character at `at` (Unicode standard, table 3-7); 0 where there is none. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const [lowest, highest] = secondByte.get(first) ?? [0x80, 0xbf];
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0;
    if (next < (i === 1 ? lowest : 0x80) || next > (i === 1 ? highest : 0xbf)) return 0;
  }
  return length;
}

/** First bytes after which not every continuation is allowed. */
const secondByte: ReadonlyMap<number, readonly [number, number]> = new Map([
  [0xe0, [0xa0, 0xbf]],
  [0xed, [0x80, 0x9f]],
  [0xf0, [0x90, 0xbf]],
  [0xf4, [0x80, 0x8f]],
]);
