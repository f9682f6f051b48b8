import { closeSync, openSync, readSync, realpathSync, type Stats, statSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import type { ByteSource } from "../base/bytes.js";
import { messageOf, UserError } from "../base/errors.js";
import { bytesOf, type DataType, type ExternalContent, elementsOf } from "../ir/index.js";

/** The tensor that a slice belongs to, for its size and for messages. */
interface Owner {
  readonly name: string | undefined;
  readonly dataType: DataType;
  readonly dims: readonly number[];
}

/** One call reads at most 2^31 - 1 bytes. */
const LARGEST_READ = 1 << 30;

/** The files beside a model that its tensors may point into: those in its folder, and no others. */
export class ExternalFiles {
  readonly #seen = new Map<string, string>();

  constructor(readonly folder: string | undefined) {}

  /** A tensor's content by the entries of its external_data. Nothing is opened or checked before it is read. */
  content(entries: ReadonlyMap<string, string>, owner: Owner): ExternalSlice {
    return new ExternalSlice(this, entries, owner);
  }

  /** The path of a file that `location` names, checked to lie inside the folder; throws a UserError. */
  resolve(location: string, label: string): string {
    if (this.folder === undefined) {
      throw new UserError(
        "external-data-folder",
        `${label}: its data is in ${location}, but the model's folder is not known`,
      );
    }
    const outside = () =>
      new UserError(
        "external-data-outside",
        `${label}: its data file "${location}" is not inside the model's folder; topiary reads no others, so copy it there`,
      );
    if (!staysInside(location)) throw outside();
    const path = join(this.folder, location);
    try {
      const inside = relative(realpathSync(this.folder), realpathSync(path));
      if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) throw outside();
      return path;
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(
        "external-data-missing",
        `${label}: its data file ${path} cannot be found (${messageOf(error)}); put it beside the model`,
        { cause: error },
      );
    }
  }

  /** The file's size and so on; throws a UserError where it is none, or not the one that it was at first. */
  stat(path: string, label: string): Stats {
    const stats = statSync(path);
    if (!stats.isFile()) throw new UserError("external-data-missing", `${label}: ${path} is not a file`);
    const now = `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
    const first = this.#seen.get(path) ?? now;
    this.#seen.set(path, first);
    if (first === now) return stats;
    // Offsets would point at other tensors.
    throw new UserError(
      "external-data-changed",
      `${path} has changed since the model was read; read the model again`,
    );
  }
}

/** Whether a location names something below the folder as far as its text goes, on any system. */
function staysInside(location: string): boolean {
  if (location === "" || location.includes("\0") || /^([a-z]:|[\\/])/i.test(location)) return false;
  return !location.split(/[\\/]/).includes("..");
}

/** Part of a file that holds one tensor's bytes. */
export class ExternalSlice implements ExternalContent {
  readonly kind = "external";
  /** Bytes; undefined where neither the entries nor the type say it. */
  readonly length: number | undefined;
  readonly #label: string;
  readonly #expected: number | undefined;

  constructor(
    readonly files: ExternalFiles,
    readonly entries: ReadonlyMap<string, string>,
    owner: Owner,
  ) {
    this.#label = `tensor ${owner.name ?? "(unnamed)"}`;
    this.#expected = bytesOf(owner.dataType, elementsOf(owner.dims));
    this.length = entries.has("length") ? integerIn(entries, "length") : this.#expected;
  }

  /** The same for all tensors that share their bytes. */
  get key(): string {
    const { folder } = this.files;
    return JSON.stringify([folder, this.entries.get("location"), this.entries.get("offset"), this.length]);
  }

  read(): Uint8Array {
    const { path, offset, length } = this.check();
    const bytes = new Uint8Array(length);
    withFile(path, (file) => readFully(file, bytes, offset));
    return bytes;
  }

  /** What `read` gives, to be read in parts, once it is sure that it is there; throws a UserError. */
  source(): ByteSource {
    const { path, offset, length } = this.check();
    return {
      length,
      read: (from, into) => withFile(path, (file) => readFully(file, into, offset + from)),
    };
  }

  /** Where the bytes are, once it is sure that they are there; throws a UserError. Reads nothing. */
  check(): { readonly path: string; readonly offset: number; readonly length: number } {
    const path = this.files.resolve(this.entries.get("location") ?? "", this.#label);
    const stats = this.files.stat(path, this.#label);
    const offset = this.entries.has("offset") ? integerIn(this.entries, "offset") : 0;
    if (offset === undefined || (this.entries.has("length") && this.length === undefined)) {
      throw new UserError(
        "damaged-model",
        `${this.#label}: offset or length of its external data is no number; the file is damaged`,
      );
    }
    const length = this.length ?? stats.size - offset;
    if (length !== (this.#expected ?? length)) {
      throw new UserError(
        "damaged-model",
        `${this.#label}: got ${length} bytes of external data, expected ${this.#expected} for its type and shape; the file is damaged`,
      );
    }
    if (offset + length > stats.size || length < 0) {
      throw new UserError(
        "external-data-short",
        `${this.#label}: its data file ${path} has ${stats.size} bytes, expected at least ${offset + length}; the file is cut off`,
      );
    }
    return { path, offset, length };
  }
}

function integerIn(entries: ReadonlyMap<string, string>, key: string): number | undefined {
  const text = entries.get(key) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function withFile(path: string, use: (file: number) => void): void {
  const file = openSync(path, "r");
  try {
    use(file);
  } finally {
    closeSync(file);
  }
}

function readFully(file: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(file, bytes, at, Math.min(LARGEST_READ, bytes.length - at), position + at);
    if (count === 0)
      throw new UserError("external-data-short", "a data file became shorter while it was read");
    at += count;
  }
}
