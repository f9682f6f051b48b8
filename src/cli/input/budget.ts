import { UserError } from "../../base/errors.js";
import { type Budget, checkBudget } from "../../channels/index.js";
import { option } from "../option.js";

export const budgetFlags = {
  macs: option.number("SHARE", "multiply-accumulates to keep: 0.5 is half of them"),
  params: option.number("SHARE", "parameters to keep"),
  bytes: option.number("SHARE", "bytes of parameters to keep"),
  latency: option.number("SHARE", "time of one run to keep, measured on this machine"),
  ratio: option.number("SHARE", "channels to remove from every group: 0.5 is half of them"),
};

/** A budget, or a share of the time that only measuring can meet. */
export type Target = Budget | { readonly kind: "latency"; readonly keep: number };

/** The one budget that is given. Throws a UserError where it is none, several, or no share. */
export function targetOf(flags: Readonly<Record<keyof typeof budgetFlags, number | undefined>>): Target {
  const given = Object.keys(budgetFlags).filter(
    (key) => flags[key as keyof typeof budgetFlags] !== undefined,
  );
  if (given.length !== 1) {
    const all = "--macs, --params, --bytes, --latency and --ratio";
    const got = given.length === 0 ? "none" : given.map((key) => `--${key}`).join(" and ");
    throw new UserError("usage", `give one budget, such as --macs 0.5: one of ${all}; got ${got}`);
  }
  const { ratio, latency } = flags;
  if (ratio !== undefined) return checked({ kind: "ratio", remove: ratio });
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

function checked(budget: Budget): Budget {
  checkBudget(budget);
  return budget;
}
