import { invariant, UserError } from "../../base/errors.js";
import { isNoteStart, type Notes, readNotes } from "./notes.js";
import { excerptAt, placeOf } from "./place.js";

/** Graphs in attributes and types in types nest at most this deep; protobuf itself stops at 100 messages. */
const DEEPEST = 100;

/** Some editors put it before UTF-8. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
const code = (char: string) => char.charCodeAt(0);
const [QUOTE, BACKSLASH, HASH, NEWLINE, MINUS, POINT] = [
  code('"'),
  code("\\"),
  code("#"),
  10,
  code("-"),
  code("."),
];

export const isDigit = (byte: number) => byte >= 48 && byte <= 57;
const isLetter = (byte: number) => (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95;
const isSpace = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13);

/** A number as it is written; `float` where it has a point, an exponent, or is nan or inf. */
export interface NumberLiteral {
  readonly text: string;
  readonly float: boolean;
}

/** Reads the tokens of the ONNX text syntax from UTF-8 and knows the line and column of each. */
export class Scanner {
  readonly #bytes: Uint8Array;
  readonly #source: string;
  #at = 0;
  #depth = 0;

  /** `source` is how messages name the text, a file's path for example. */
  constructor(text: string | Uint8Array, source = "ONNX text") {
    this.#bytes = typeof text === "string" ? encoder.encode(text) : text;
    this.#source = source;
    if (BYTE_ORDER_MARK.every((byte, at) => this.#bytes[at] === byte)) this.#at = BYTE_ORDER_MARK.length;
  }

  /** The text as bytes, for readers of long lists; they give back where they stopped through `offset`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where the next token starts; space and comments before it are passed. */
  here(): number {
    return this.#skipSpace();
  }

  /** Position of the next byte. */
  get offset(): number {
    return this.#at;
  }

  set offset(at: number) {
    invariant(at >= this.#at && at <= this.#bytes.length, "a scanner only moves forward within its text");
    this.#at = at;
  }

  get atEnd(): boolean {
    this.#skipSpace();
    return this.#at >= this.#bytes.length;
  }

  /** Whether `token` comes next, after space. */
  sees(token: string): boolean {
    this.#skipSpace();
    for (let i = 0; i < token.length; i++)
      if (this.#bytes[this.#at + i] !== token.charCodeAt(i)) return false;
    return true;
  }

  accept(token: string): boolean {
    if (!this.sees(token)) return false;
    this.#at += token.length;
    return true;
  }

  /** Takes `token`; `where` completes the message, as in "after the graph's name". */
  expect(token: string, where: string): void {
    if (!this.accept(token)) this.fail(`"${token}" ${where}`);
  }

  /** The identifier that comes next, without taking it; "" where there is none. */
  peekIdentifier(): string {
    this.#skipSpace();
    let end = this.#at;
    if (!isLetter(this.#bytes[end] ?? 0)) return "";
    while (isLetter(this.#bytes[end] ?? 0) || isDigit(this.#bytes[end] ?? 0)) end++;
    return decoder.decode(this.#bytes.subarray(this.#at, end));
  }

  /** The byte after the next identifier and the space behind it, as a character; "" at the end. */
  peekAfterIdentifier(): string {
    let at = this.#at + this.peekIdentifier().length;
    while (isSpace(this.#bytes[at] ?? 0)) at++;
    return String.fromCharCode(this.#bytes[at] ?? 0);
  }

  identifier(what: string): string {
    const name = this.peekIdentifier();
    if (!name) this.fail(what);
    this.#at += name.length;
    return name;
  }

  /** A name: an identifier, or any text in quotes. */
  name(what: string): string {
    return this.sees('"') ? this.text(what) : this.identifier(what);
  }

  /** A name, or undefined where none comes. */
  optionalName(): string | undefined {
    return this.sees('"') || this.peekIdentifier() ? this.name("a name") : undefined;
  }

  text(what: string): string {
    return decoder.decode(this.string(what));
  }

  /** A quoted string's bytes; in it `\` takes the next byte as it is. Also our x"hex", for bytes that are no UTF-8. */
  string(what: string): Uint8Array {
    if (this.sees('x"')) return this.#hexString();
    if (!this.sees('"')) this.fail(what);
    const start = this.#at + 1;
    let end = start;
    let escaped = false;
    for (; end < this.#bytes.length && this.#bytes[end] !== QUOTE; end++) {
      if (this.#bytes[end] !== BACKSLASH) continue;
      escaped = true;
      end++;
    }
    if (end >= this.#bytes.length) this.fail("a closing quote for this string");
    this.#at = end + 1;
    const inside = this.#bytes.slice(start, end);
    return escaped ? unescaped(inside) : inside;
  }

  #hexString(): Uint8Array {
    const start = this.#at;
    this.#at++;
    const hex = this.text("hexadecimal digits in quotes");
    if (!/^([0-9a-fA-F]{2})*$/.test(hex)) this.fail('pairs of hexadecimal digits in x"..."', start);
    return Uint8Array.from(Buffer.from(hex, "hex"));
  }

  seesNumber(): boolean {
    this.#skipSpace();
    const byte = this.#bytes[this.#at] ?? 0;
    return isDigit(byte) || byte === MINUS || /^(nan|inf|infinity)$/i.test(this.peekIdentifier());
  }

  number(what: string): NumberLiteral {
    if (!this.seesNumber()) this.fail(what);
    const start = this.#at;
    if (this.#bytes[this.#at] === MINUS) this.#at++;
    const word = this.peekIdentifier();
    if (word && !/^(nan|inf|infinity)$/i.test(word)) this.fail(what, start);
    this.#at += word.length;
    const float = word ? true : this.#takeDigits(what, start);
    return { text: decoder.decode(this.#bytes.subarray(start, this.#at)), float };
  }

  /** digits [. digits] [e [+-] digits]; returns whether that is a float. */
  #takeDigits(what: string, start: number): boolean {
    const digits = () => {
      const from = this.#at;
      while (isDigit(this.#bytes[this.#at] ?? 0)) this.#at++;
      return this.#at > from;
    };
    if (!digits()) this.fail(what, start);
    let float = false;
    if (this.#bytes[this.#at] === POINT) {
      float = true;
      this.#at++;
      digits();
    }
    if ((this.#bytes[this.#at] ?? 0) === code("e") || this.#bytes[this.#at] === code("E")) {
      float = true;
      this.#at++;
      const sign = this.#bytes[this.#at];
      if (sign === MINUS || sign === code("+")) this.#at++;
      if (!digits()) this.fail("digits of an exponent");
    }
    return float;
  }

  /** A whole number that fits int64. */
  integer(what: string): bigint {
    const start = this.#skipSpace();
    const { text, float } = this.number(what);
    if (float) this.fail(what, start);
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) !== value) this.fail(`${what} within 64 bits`, start);
    return value;
  }

  /** `#@ {...}` lines that come next: what the item after them has beyond the standard syntax. */
  notes(): Notes {
    const start = this.#skipSpace();
    if (!isNoteStart(this.#bytes, this.#at)) return {};
    const end = this.#bytes.indexOf(NEWLINE, this.#at);
    this.#at = end < 0 ? this.#bytes.length : end;
    const notes = readNotes(decoder.decode(this.#bytes.subarray(start + 2, this.#at)));
    return notes ?? this.fail("a JSON object with fields that a #@ line may have", start);
  }

  /** Runs `read` one level deeper; fails where that is too deep. */
  nested<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) {
      this.reject(
        `graphs or types are nested deeper than ${DEEPEST} levels, which no ONNX file holds`,
        this.here(),
      );
    }
    const result = read();
    this.#depth--;
    return result;
  }

  /** Throws a UserError that says where `expected` is missing and what stands there. */
  fail(expected: string, at = this.#skipSpace()): never {
    const got = excerptAt(this.#bytes, at);
    throw new UserError("text-syntax", `${this.#place(at)}: expected ${expected}, got ${got}`);
  }

  /** Throws a UserError about something that was read well but makes no sense, at the place of `at`. */
  reject(problem: string, at: number): never {
    throw new UserError("text-meaning", `${this.#place(at)}: ${problem}`);
  }

  #place(at: number): string {
    return `${this.#source}: ${placeOf(this.#bytes, at)}`;
  }

  /** Passes space and comments, but not `#@` lines; returns where it stopped. */
  #skipSpace(): number {
    for (;;) {
      while (isSpace(this.#bytes[this.#at] ?? 0)) this.#at++;
      if (this.#bytes[this.#at] !== HASH || isNoteStart(this.#bytes, this.#at)) return this.#at;
      const end = this.#bytes.indexOf(NEWLINE, this.#at);
      this.#at = end < 0 ? this.#bytes.length : end;
    }
  }
}

function unescaped(bytes: Uint8Array): Uint8Array {
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === BACKSLASH) i++;
    bytes[length++] = bytes[i] ?? 0;
  }
  return bytes.slice(0, length);
}
