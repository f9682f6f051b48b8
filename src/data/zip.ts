import { crc32 } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { messageOf, UserError } from "../base/errors.js";
import { MOST_DEFLATED, sizeOfFile } from "./data-files.js";

/** The files inside a zip file by name; `read` unpacks one of them whole. Close it when done. */
export class ZipArchive {
  private constructor(
    private readonly path: string,
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** Throws a UserError where the file is missing or no zip file; `wanted` says what was looked for. */
  static async open(path: string, wanted: string): Promise<ZipArchive> {
    const size = sizeOfFile(path, wanted);
    let zip: ZipFile | undefined;
    try {
      zip = await openPromise(path, { autoClose: false, lazyEntries: true });
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) {
        // Sizes are what the file says; believe none that its own length rules out.
        const possible =
          entry.compressedSize <= size && entry.uncompressedSize <= entry.compressedSize * MOST_DEFLATED;
        if (!possible)
          throw new Error(`${entry.fileName} claims ${entry.uncompressedSize} bytes in a file of ${size}`);
        entries.set(entry.fileName, entry);
      }
      return new ZipArchive(path, zip, entries);
    } catch (error) {
      zip?.close();
      throw new UserError("data-not-zip", `cannot read ${path} as a zip file: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  get names(): string[] {
    return [...this.entries.keys()];
  }

  /** The unpacked bytes of the file `name`, which must be one of `names`. */
  async read(name: string): Promise<Buffer> {
    const entry = this.entries.get(name);
    if (!entry) throw new UserError("data-file-missing", `${this.path} holds no ${name}`);
    try {
      const out = Buffer.alloc(entry.uncompressedSize);
      let at = 0;
      for await (const chunk of await this.zip.openReadStreamPromise(entry)) {
        if (!Buffer.isBuffer(chunk)) throw new TypeError("not bytes");
        at += chunk.copy(out, at);
      }
      if (crc32(out) !== entry.crc32) throw new Error("its checksum differs");
      return out;
    } catch (error) {
      throw new UserError("data-not-zip", `cannot unpack ${name} of ${this.path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  close(): void {
    this.zip.close();
  }
}
