import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import type { ByteSource } from "../base/bytes.js";
import { UserError } from "../base/errors.js";

/** One call reads at most 2^31 - 1 bytes. */
const LARGEST_READ = 1 << 30;

/**
 * A file that is read in parts, as long as it is the one that it was at first: it is opened when somebody reads it, and
 * closed once the program comes to rest. Reading throws a UserError where it has changed or is gone.
 */
export class ModelFile implements ByteSource {
  readonly length: number;
  readonly #path: string;
  readonly #identity: string;
  #open: number | undefined;

  constructor(readonly label: string) {
    this.#path = resolve(label);
    const file = openSync(this.#path, "r");
    const [length, identity] = identityOf(file);
    this.length = length;
    this.#identity = identity;
    this.#closeLater(file);
  }

  read(from: number, into: Uint8Array): void {
    const file = this.#open ?? this.#reopen();
    for (let at = 0; at < into.length; ) {
      const count = readSync(file, into, at, Math.min(LARGEST_READ, into.length - at), from + at);
      if (count === 0) throw this.#changed();
      at += count;
    }
  }

  /** A stretch of it. */
  part(offset: number, length: number): ByteSource {
    return { length, read: (from, into) => this.read(offset + from, into) };
  }

  #reopen(): number {
    let file: number;
    try {
      file = openSync(this.#path, "r");
    } catch {
      throw this.#changed();
    }
    this.#closeLater(file);
    if (identityOf(file)[1] !== this.#identity) throw this.#changed();
    return file;
  }

  #closeLater(file: number): void {
    this.#open = file;
    setImmediate(() => {
      this.#open = undefined;
      closeSync(file);
    });
  }

  #changed(): UserError {
    // What was where in it is no longer so.
    return new UserError("model-changed", `${this.label} has changed since it was read; read it again`);
  }
}

function identityOf(file: number): readonly [length: number, identity: string] {
  const { dev, ino, size, mtimeMs } = fstatSync(file);
  return [size, `${dev} ${ino} ${size} ${mtimeMs}`];
}
