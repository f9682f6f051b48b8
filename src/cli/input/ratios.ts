import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { messageOf, UserError } from "../../base/errors.js";
import type { ChannelGroup } from "../../channels/index.js";
import type { Graph } from "../../ir/index.js";
import { nameMatcher } from "./freeze.js";
import { namesOf } from "./group-layers.js";

/** One line of the file: channels that a layer of such a name makes lose this share. */
interface Line {
  readonly glob: string;
  readonly share: number;
  readonly matches: (name: string) => boolean;
}

/**
 * The removed shares of `--ratios FILE`: a JSON or YAML object of globs and shares, such as {"layer1.*": 0.5}. A glob
 * names nodes or weights that make channels; groups that none names have no share of their own. Throws a UserError for a
 * file that is no such object, a glob that names no layer of the model, and two that disagree about a group.
 */
export async function readRatios(
  file: string,
  graph: Graph,
): Promise<(group: ChannelGroup) => number | undefined> {
  const lines = Object.entries(checkedObject(await parseFile(file), file)).map(([glob, share]) =>
    lineOf(glob, share, file),
  );
  for (const { glob, matches } of lines) {
    const names = [...graph.nodes, ...graph.values].flatMap(({ name }) => name || []);
    if (!names.some(matches))
      throw wrong(file, `${glob}: no node and no tensor of the model has such a name; see topiary groups`);
  }
  return (group) => {
    const names = new Set(group.producers.flatMap((block) => namesOf(block, graph)));
    const own = lines.filter(({ matches }) => [...names].some(matches));
    const [first] = own;
    const other = own.find(({ share }) => share !== first?.share);
    if (first && other)
      throw wrong(
        file,
        `${first.glob} says ${first.share} and ${other.glob} says ${other.share}, but both name layers of one group, which has one share (see topiary groups)`,
      );
    return first?.share;
  };
}

function lineOf(glob: string, share: unknown, file: string): Line {
  if (typeof share !== "number" || !(share >= 0 && share < 1))
    throw wrong(
      file,
      `${glob}: ${JSON.stringify(share)} is no removed share; expected a number from 0 to below 1`,
    );
  return { glob, share, matches: nameMatcher(`--ratios ${file}:`, glob) };
}

function checkedObject(value: unknown, file: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw wrong(file, 'expected an object of names and shares, such as {"layer1.*": 0.5}');
}

async function parseFile(file: string): Promise<unknown> {
  try {
    const text = readFileSync(file, "utf8");
    return extname(file).toLowerCase() === ".json" ? JSON.parse(text) : (await import("yaml")).parse(text);
  } catch (error) {
    throw new UserError("ratios", `cannot read --ratios ${file}: ${messageOf(error).split("\n", 1)[0]}`, {
      cause: error,
    });
  }
}

function wrong(file: string, what: string): UserError {
  return new UserError("ratios", `--ratios ${file}: ${what}`);
}
