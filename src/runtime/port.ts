import { DataType, type Graph, type Value } from "../ir/index.js";

/** An input or output of a model, as its file or a loaded session describes it. */
export interface Port {
  readonly name: string;
  /** UNDEFINED for what is no tensor. */
  readonly dataType: DataType;
  /** A size, the name of an open dimension, or "" for one without a name. A scalar and an unknown rank are both []. */
  readonly dims: readonly (number | string)[];
}

/** The inputs that a caller has to feed: those without a constant behind them. */
export function inputPorts(graph: Graph): Port[] {
  return graph.inputs.filter((input) => !input.initializer).map(portOf);
}

function portOf({ name, info }: Value): Port {
  const type = info?.type;
  if (type?.kind !== "tensor") return { name, dataType: DataType.UNDEFINED, dims: [] };
  return { name, dataType: type.elementType, dims: (type.shape ?? []).map(({ size }) => size ?? "") };
}
