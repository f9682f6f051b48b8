import { type Option, option } from "../option.js";

/** What onnxruntime's fastest convolutions on CPU work in; a width that is no multiple can cost more than it saves. */
const AUTO = 8;

const count = option.integer(
  "N|auto",
  `widths are multiples of N where the group allows it; auto is ${AUTO}`,
  {
    min: 1,
  },
);

export const roundToFlag: Option<number | undefined> = {
  ...count,
  parse: (text, flag, previous) => (text === "auto" ? AUTO : count.parse(text, flag, previous)),
};
