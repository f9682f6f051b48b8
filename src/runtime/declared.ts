import type { ValueShape } from "../analysis/shapes.js";
import type { Value } from "../ir/index.js";

/** The shape that the file's value_info gives a tensor value; undefined where it says no type. */
export function declaredShape({ info }: Value): ValueShape | undefined {
  const type = info?.type;
  if (type?.kind !== "tensor") return undefined;
  const sizes = type.shape?.map(({ size }) => size);
  return { elementType: type.elementType, dims: sizes?.every(isSize) ? sizes : undefined };
}

function isSize(size: number | string | null): size is number {
  return typeof size === "number" && size >= 0;
}
