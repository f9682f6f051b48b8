import type { ChannelRules } from "../../channels/index.js";
import { byDefault, option } from "../option.js";

/** Choices between exact ways to cut, and what may be recomputed. */
export const rulesFlags = {
  attention: byDefault(
    option.choice(["heads", "dims"], "what goes from attention: whole heads, or dimensions inside heads"),
    "heads",
  ),
  grouped: byDefault(
    option.choice(
      ["auto", "channels", "groups"],
      "what goes from grouped convolutions: channels of every group, or whole groups (auto: of depthwise ones)",
    ),
    "auto",
  ),
  residualWidth: option.flag(
    "also narrow what layer normalisations run over; their statistics are then taken over what is left",
  ),
  allowApproximate: option.flag("the same for all operators that take statistics over channels"),
};

/** The flags as the analysis wants them. */
export function rulesFrom(flags: {
  readonly attention: ChannelRules["attention"];
  readonly grouped: ChannelRules["grouped"];
  readonly residualWidth: boolean;
  readonly allowApproximate: boolean;
}): ChannelRules {
  const { attention, grouped, residualWidth, allowApproximate } = flags;
  return {
    attention,
    grouped,
    approximate: allowApproximate ? "all" : residualWidth ? "layer-norm" : "none",
  };
}
