const NEWLINE = 10;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** "line 3, column 14" of an offset in UTF-8; columns count UTF-16 units, as editors do. */
export function placeOf(bytes: Uint8Array, at: number): string {
  let line = 1;
  let start = 0;
  for (let next = bytes.indexOf(NEWLINE); next >= 0 && next < at; next = bytes.indexOf(NEWLINE, start)) {
    line++;
    start = next + 1;
  }
  return `line ${line}, column ${decoder.decode(bytes.subarray(start, at)).length + 1}`;
}

/** The word or sign at an offset, in quotes. */
export function excerptAt(bytes: Uint8Array, at: number): string {
  if (at >= bytes.length) return "the end of the text";
  const rest = decoder.decode(bytes.subarray(at, at + 40)).split("\n", 1)[0] ?? "";
  return JSON.stringify(/^([A-Za-z0-9_.]+|-?[0-9.]+|.)/u.exec(rest)?.[0] ?? rest);
}
