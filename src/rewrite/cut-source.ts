import type { ByteSource } from "../base/bytes.js";

/** What is cut out of the rows of a tensor: a row is all that one index of its outermost axis holds. */
export interface RowCut {
  /** Bytes of a row before the cut. */
  readonly rowBytes: number;
  /** The rows that stay, ascending. */
  readonly rows: ArrayLike<number>;
  /** Rows are in so many equal blocks, each with columns of its own. */
  readonly rowsPerBlock: number;
  /** For each block the columns that stay, ascending; equally many in each. */
  readonly columns: readonly ArrayLike<number>[];
  /** Bytes of a column. */
  readonly columnBytes: number;
}

/** About so many bytes are read or made at a time. */
const BATCH = 1 << 16;

type Elements = Uint8Array | Uint16Array | Uint32Array;

/** The bytes that a cut leaves of others, which are read as often as it is read itself. */
export class CutSource implements ByteSource {
  readonly length: number;
  readonly #source: ByteSource;
  readonly #cut: RowCut;
  /** Elements of this many bytes are moved as one. */
  readonly #width: 1 | 2 | 4;
  /** For each block the elements of a row that stay; undefined where whole rows do. */
  readonly #indices: readonly Int32Array[] | undefined;
  /** Elements of a row that is left. */
  readonly #rowLength: number;

  constructor(source: ByteSource, cut: RowCut) {
    const { rowBytes, rows, columns, columnBytes } = cut;
    this.#source = source;
    this.#cut = cut;
    this.#width = columnBytes % 4 === 0 ? 4 : columnBytes % 2 === 0 ? 2 : 1;
    const kept = columns[0]?.length ?? 0;
    const isWhole = kept * columnBytes === rowBytes;
    this.#indices = isWhole ? undefined : columns.map((own) => elementsIn(own, columnBytes / this.#width));
    this.#rowLength = (kept * columnBytes) / this.#width;
    this.length = rows.length * kept * columnBytes;
  }

  read(from: number, into: Uint8Array): void {
    const bytes = this.#rowLength * this.#width;
    const room = borrowed(Math.max(BATCH, this.#cut.rowBytes), this.#width);
    for (let at = 0; at < into.length; ) {
      const first = Math.floor((from + at) / bytes);
      const skipped = from + at - first * bytes;
      const count = this.#makeRows(first, Math.ceil((skipped + into.length - at) / bytes), room);
      const end = Math.min(count * bytes, skipped + into.length - at);
      into.set(new Uint8Array(room.made.buffer, skipped, end - skipped), at);
      at += end - skipped;
    }
    if (room.made.byteLength <= MOST_KEPT) returned.push(room);
  }

  /** Makes some rows of the result from `first` on, at least one and at most `most`; returns how many. */
  #makeRows(first: number, most: number, { stored, made }: Room): number {
    const { rows, rowBytes } = this.#cut;
    const start = rows[first] as number;
    const beyond = start + Math.max(1, Math.floor(BATCH / rowBytes));
    let end = first + 1;
    while (end < first + most && (rows[end] as number) < beyond) end++;
    const span = ((rows[end - 1] as number) + 1 - start) * rowBytes;
    this.#source.read(start * rowBytes, new Uint8Array(stored.buffer, 0, span));
    for (let row = first, at = 0; row < end; row++, at += this.#rowLength) {
      const source = rows[row] as number;
      const base = ((source - start) * rowBytes) / this.#width;
      const block = Math.floor(source / this.#cut.rowsPerBlock);
      const index = this.#indices?.[block];
      if (index) gatherRow(stored, base, index, made, at);
      else copyRow(stored, base, this.#rowLength, made, at);
    }
    return end - first;
  }
}

/** Up to here moving elements one by one beats copying stretches. */
const FEW = 32;

function copyRow(from: Elements, base: number, length: number, to: Elements, at: number): void {
  if (length > FEW) to.set(from.subarray(base, base + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[base + i] as number;
}

/** Four at a time, which takes two thirds of the time. */
function gatherRow(from: Elements, base: number, index: Int32Array, to: Elements, at: number): void {
  const fours = index.length - (index.length % 4);
  for (let i = 0; i < fours; i += 4) {
    to[at + i] = from[base + (index[i] as number)] as number;
    to[at + i + 1] = from[base + (index[i + 1] as number)] as number;
    to[at + i + 2] = from[base + (index[i + 2] as number)] as number;
    to[at + i + 3] = from[base + (index[i + 3] as number)] as number;
  }
  for (let i = fours; i < index.length; i++) to[at + i] = from[base + (index[i] as number)] as number;
}

/** Memory for rows before and after a cut. */
interface Room {
  readonly stored: Elements;
  readonly made: Elements;
}

const MOST_KEPT = 16 * BATCH;

/** What nobody uses now. A source that is read while another one is, because that is cut out of it, has room of its own. */
const returned: Room[] = [];

function borrowed(bytes: number, width: 1 | 2 | 4): Room {
  const spare = returned.pop();
  const [stored, made] =
    spare && spare.made.byteLength >= bytes
      ? [spare.stored.buffer, spare.made.buffer]
      : [new ArrayBuffer(wholeWords(bytes)), new ArrayBuffer(wholeWords(bytes))];
  return { stored: elementsOver(stored, width), made: elementsOver(made, width) };
}

function wholeWords(bytes: number): number {
  return 4 * Math.ceil(bytes / 4);
}

function elementsOver(buffer: ArrayBufferLike, width: 1 | 2 | 4): Elements {
  if (width === 4) return new Uint32Array(buffer);
  return width === 2 ? new Uint16Array(buffer) : new Uint8Array(buffer);
}

/** The elements in columns of `size` elements each. */
function elementsIn(columns: ArrayLike<number>, size: number): Int32Array {
  const elements = new Int32Array(columns.length * size);
  let to = 0;
  for (let k = 0; k < columns.length; k++) {
    const start = (columns[k] as number) * size;
    for (let i = 0; i < size; i++) elements[to++] = start + i;
  }
  return elements;
}
