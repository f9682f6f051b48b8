import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder that the suite around it gets before its first test and loses after its last. */
export class TemporaryFolder {
  #path: string | undefined;

  constructor() {
    before(() => {
      this.#path = mkdtempSync(join(tmpdir(), "topiary-test-"));
    });
    after(() => {
      if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
    });
  }

  path(...parts: string[]): string {
    if (this.#path === undefined) throw new Error("only inside a test");
    return join(this.#path, ...parts);
  }

  /** Writes a file and the folders that it needs; returns its path. */
  write(name: string, content: Uint8Array | string): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }
}
