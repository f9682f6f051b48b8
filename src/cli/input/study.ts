import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf, UserError } from "../../base/errors.js";
import { parseStudy, type Study } from "../../search/index.js";

/** Whether a path names a study: a folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The study in a folder, as far as it has got; changes nothing there. Throws a UserError where there is none. */
export async function readStudy(folder: string): Promise<Study> {
  const content = (name: string, ifMissing?: string) => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch (error) {
      if (ifMissing !== undefined && (error as NodeJS.ErrnoException).code === "ENOENT") return ifMissing;
      const what = `cannot read ${join(folder, name)}: ${messageOf(error)}; give the folder of a search`;
      throw new UserError("study-not-readable", what, { cause: error });
    }
  };
  return parseStudy(content("study.json"), content("trials.jsonl", ""), folder);
}
