import { type Decimal, findDecimal, float32Text, MOST_ZEROS } from "./float-text.js";

const POINT = 46;
const ZERO = 48;
/** More characters than any number, comma and line break take. */
const ROOM = 64;
const LARGEST = 1 << 16;

/** Collects a long list of numbers as text. Weights are millions, so their digits go into bytes, not into strings. */
export class NumberWriter {
  readonly #bytes: Buffer;
  readonly #decimal: Decimal = { digits: 0, scale: 0 };
  #length = 0;

  /** For about `count` numbers. */
  constructor(count: number) {
    this.#bytes = Buffer.alloc(Math.min(LARGEST, (count + 1) * ROOM));
  }

  /** Whether `take` should be called before more is added. */
  get isFull(): boolean {
    return this.#length > this.#bytes.length - ROOM;
  }

  /** What was added since the last time. */
  take(): string {
    const text = this.#bytes.toString("latin1", 0, this.#length);
    this.#length = 0;
    return text;
  }

  /** Adds ASCII text of some dozen characters at most. */
  text(text: string): void {
    for (let at = 0; at < text.length; at++) this.#bytes[this.#length++] = text.charCodeAt(at);
  }

  /** Adds a binary32 number as `float32Text` does. */
  float32(value: number): void {
    const decimal = this.#decimal;
    const size = Math.abs(value);
    const isPlain = size > 1e-9 && size < 1e9 && !Number.isInteger(value) && findDecimal(size, decimal);
    const { digits, scale } = decimal;
    if (!isPlain || scale <= 0) return this.text(float32Text(value));
    let count = 1;
    for (let power = 10; power <= digits; power *= 10) count++;
    if (scale >= count + MOST_ZEROS) return this.text(float32Text(value));
    if (value < 0) this.#bytes[this.#length++] = 45;
    this.#place(digits, Math.max(count, scale + 1), scale);
  }

  /** Writes `digits` with leading zeros to `count` digits, `scale` of them after the point. */
  #place(digits: number, count: number, scale: number): void {
    const bytes = this.#bytes;
    const start = this.#length;
    const point = start + count - scale;
    let left = digits;
    for (let at = start + count; at >= start; at--) {
      if (at === point) {
        bytes[at] = POINT;
        continue;
      }
      // Below 2^31, where integer arithmetic is several times faster.
      const rest = (left / 10) | 0;
      bytes[at] = ZERO + left - rest * 10;
      left = rest;
    }
    this.#length = start + count + 1;
  }
}
