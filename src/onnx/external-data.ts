import { realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import { type ByteSource, bytesOfSource } from "../base/bytes.js";
import { messageOf, UserError } from "../base/errors.js";
import { bytesOf, type DataType, type ExternalContent, elementsOf } from "../ir/index.js";
import { UnchangedFile } from "./unchanged-file.js";

/** The tensor that a slice belongs to, for its size and for messages. */
interface Owner {
  readonly name: string | undefined;
  readonly dataType: DataType;
  readonly dims: readonly number[];
}

/** The files beside a model that its tensors may point into: those in its folder, and no others. */
export class ExternalFiles {
  readonly #opened = new Map<string, UnchangedFile>();

  constructor(readonly folder: string | undefined) {}

  /** A tensor's content by the entries of its external_data. Nothing is opened or checked before it is read. */
  content(entries: ReadonlyMap<string, string>, owner: Owner): ExternalSlice {
    return new ExternalSlice(this, entries, owner);
  }

  /** The file that `location` names; throws a UserError where there is none in the folder, or not the one that it was at first. */
  file(location: string, label: string): UnchangedFile {
    const path = this.#resolve(location, label);
    const known = this.#opened.get(path);
    known?.check();
    const file = known ?? openFile(path, label);
    this.#opened.set(path, file);
    return file;
  }

  #resolve(location: string, label: string): string {
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
}

function openFile(path: string, label: string): UnchangedFile {
  if (!statSync(path).isFile())
    throw new UserError("external-data-missing", `${label}: ${path} is not a file`);
  try {
    return new UnchangedFile(path, "external-data-changed");
  } catch (error) {
    throw new UserError("external-data-missing", `${label}: cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
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
    return bytesOfSource(this.source());
  }

  source(): ByteSource {
    const { file, offset, length } = this.check();
    return file.part(offset, length);
  }

  /** Where the bytes are, once it is sure that they are there; throws a UserError. Reads nothing. */
  check(): { readonly file: UnchangedFile; readonly offset: number; readonly length: number } {
    const file = this.files.file(this.entries.get("location") ?? "", this.#label);
    const offset = this.entries.has("offset") ? integerIn(this.entries, "offset") : 0;
    if (offset === undefined || (this.entries.has("length") && this.length === undefined)) {
      throw new UserError(
        "damaged-model",
        `${this.#label}: offset or length of its external data is no number; the file is damaged`,
      );
    }
    const length = this.length ?? file.length - offset;
    if (length !== (this.#expected ?? length)) {
      throw new UserError(
        "damaged-model",
        `${this.#label}: got ${length} bytes of external data, expected ${this.#expected} for its type and shape; the file is damaged`,
      );
    }
    if (offset + length > file.length || length < 0) {
      throw new UserError(
        "external-data-short",
        `${this.#label}: its data file ${file.label} has ${file.length} bytes, expected at least ${offset + length}; the file is cut off`,
      );
    }
    return { file, offset, length };
  }
}

function integerIn(entries: ReadonlyMap<string, string>, key: string): number | undefined {
  const text = entries.get(key) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
