import { UserError } from "../../base/errors.js";
import { type Budget, type ChannelGroup, checkBudget } from "../../channels/index.js";
import { option } from "../option.js";

export const budgetFlags = {
  macs: option.number("SHARE", "multiply-accumulates to keep: 0.5 is half of them"),
  params: option.number("SHARE", "parameters to keep"),
  bytes: option.number("SHARE", "bytes of parameters to keep"),
  latency: option.number("SHARE", "time of one run to keep, measured on this machine"),
  ratio: option.number("SHARE", "channels to remove from every group: 0.5 is half of them"),
  ratios: option.text(
    "FILE",
    'JSON or YAML of globs and removed shares, such as {"layer1.*": 0.5}; --ratio is for the rest',
  ),
};

const budgetNames = ["macs", "params", "bytes", "latency", "ratio"] as const;

type BudgetFlags = Readonly<Record<(typeof budgetNames)[number], number | undefined>> & {
  readonly ratios: string | undefined;
};

/** A budget, or a share of the time that only measuring can meet. */
export type Target = Budget | { readonly kind: "latency"; readonly keep: number };

/** Whether any budget is given. */
export function hasBudget(flags: BudgetFlags): boolean {
  return flags.ratios !== undefined || budgetNames.some((key) => flags[key] !== undefined);
}

/** The one budget that is given. Throws a UserError where it is none, several, or no share. */
export function targetOf(flags: BudgetFlags): Target {
  const { ratio, ratios, latency } = flags;
  const given = [
    ...budgetNames.filter((key) => flags[key] !== undefined),
    // --ratio is for the groups that the file does not name.
    ...(ratios !== undefined && ratio === undefined ? ["ratios"] : []),
  ];
  if (given.length !== 1) {
    const all = "--macs, --params, --bytes, --latency, and --ratio or --ratios";
    const got = given.length === 0 ? "none" : given.map((key) => `--${key}`).join(" and ");
    throw new UserError("usage", `give one budget, such as --macs 0.5: one of ${all}; got ${got}`);
  }
  if (ratio !== undefined || ratios !== undefined) return checked({ kind: "ratio", remove: ratio ?? 0 });
  if (latency !== undefined) {
    if (latency > 0 && latency <= 1) return { kind: "latency", keep: latency };
    throw new UserError(
      "budget",
      `--latency ${latency}: expected a kept share above 0, at most 1, such as 0.7`,
    );
  }
  const kind = (["macs", "params", "bytes"] as const).find((key) => flags[key] !== undefined) ?? "macs";
  return checked({ kind, keep: flags[kind] ?? 1 });
}

/** The shares of single groups, where a file gives them. */
export function withShares(
  budget: Budget,
  of: ((group: ChannelGroup) => number | undefined) | undefined,
): Budget {
  return of && budget.kind === "ratio" ? { ...budget, of } : budget;
}

function checked(budget: Budget): Budget {
  checkBudget(budget);
  return budget;
}
