import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import type { ByteSource } from "../base/bytes.js";
import { UserError } from "../base/errors.js";

/** One call reads at most 2^31 - 1 bytes. */
const LARGEST_READ = 1 << 30;

/**
 * A file that is read in parts, as long as it is the one that it was at first: it is opened when somebody reads it, and
 * closed once the program comes to rest. Throws a UserError of the given code where it has changed or is gone.
 */
export class UnchangedFile implements ByteSource {
  readonly length: number;
  readonly #path: string;
  readonly #identity: string;
  #open: number | undefined;

  constructor(
    readonly label: string,
    readonly code: "model-changed" | "external-data-changed",
  ) {
    this.#path = resolve(label);
    const file = openSync(this.#path, "r");
    this.#closeLater(file);
    const stats = fstatSync(file);
    this.length = stats.size;
    this.#identity = identityOf(stats);
  }

  /** Throws where the path leads to another file by now, even if this one is still open. */
  check(): void {
    const stats = statSync(this.#path, { throwIfNoEntry: false });
    if (!stats || identityOf(stats) !== this.#identity) throw this.#changed();
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
    if (identityOf(fstatSync(file)) !== this.#identity) throw this.#changed();
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
    return new UserError(
      this.code,
      `${this.label} has changed since the model was read; read the model again`,
    );
  }
}

function identityOf({ dev, ino, size, mtimeMs }: Stats): string {
  return `${dev} ${ino} ${size} ${mtimeMs}`;
}
