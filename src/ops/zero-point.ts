import { bitsOf, integersOf } from "../ir/index.js";
import type { ChannelLink, Operand } from "./define.js";

/**
 * The stored value that means zero, one for the whole tensor: what a check writes where a channel is gone. Undefined
 * where the tensor is not stored or its zero points differ. Without a zero point it is 0.
 */
export function zeroOf(
  link: ChannelLink,
  stored: Operand,
  zeroPoint: Operand | undefined,
): number | undefined {
  const [tensor, zeros] = [link.tensor(stored), link.tensor(zeroPoint)];
  const width = tensor && bitsOf(tensor.dataType);
  if (!width || (zeroPoint && !zeros)) return undefined;
  if (!zeros) return 0;
  const [zero = 0, ...others] = integersOf(zeros);
  return others.every((other) => other === zero) && (zero === 0 || width <= 8) ? zero : undefined;
}
