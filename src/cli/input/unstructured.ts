import { UserError } from "../../base/errors.js";
import type { SparsityPattern } from "../../rewrite/index.js";
import { byDefault, type Option, option } from "../option.js";

type Share = number | { readonly keep: number; readonly of: number };

/** A share from 0 to 1, or N:M. */
const unstructured: Option<Share | undefined> = {
  placeholder: "SHARE|N:M",
  about:
    "set the smallest weights to zero: a share of them, or all but N of every M (2:4); with a budget, only those of fully connected layers, and channels go from the other layers",
  parse: (text, flag) => {
    const [, keep = 0, of = 0] = (/^(\d+):(\d+)$/.exec(text) ?? []).map(Number);
    if (keep >= 1 && keep < of) return { keep, of };
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= 0 && value <= 1) return value;
    throw new UserError(
      "usage",
      `${flag} wants a share from 0 to 1 that becomes zero, or N:M with N below M, such as 2:4; got "${text}"`,
    );
  },
};

export const unstructuredFlags = {
  unstructured,
  scope: byDefault(
    option.choice(["layer", "global"], "--unstructured takes its share of every layer's weights, or of all"),
    "layer",
  ),
};

interface UnstructuredFlags {
  readonly unstructured: Share | undefined;
  readonly scope: "layer" | "global";
}

/** What the flags ask for; undefined where they ask for nothing. */
export function patternOf({ unstructured: wanted, scope }: UnstructuredFlags): SparsityPattern | undefined {
  if (wanted === undefined) return undefined;
  return typeof wanted === "number"
    ? { kind: "share", share: wanted, scope }
    : { kind: "n:m", keep: wanted.keep, of: wanted.of };
}
