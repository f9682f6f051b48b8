import {
  type Attribute,
  allGraphs,
  type Graph,
  type Model,
  type SparseTensor,
  type Tensor,
} from "../ir/index.js";
import { ExternalSlice } from "./external-data.js";

/**
 * Makes sure that every tensor in external data files is there, inside the model's folder and long enough; throws a
 * UserError about the first that is not. Reads no data. Returns the paths of these files.
 */
export function checkExternalData(model: Model): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const { content } of allTensors(model))
    if (content instanceof ExternalSlice) paths.add(content.check().file.label);
  return paths;
}

/** Every constant of a model: initializers, attributes, bodies and functions. */
function* allTensors(model: Model): Generator<Tensor> {
  yield* tensorsOf(model.graph);
  for (const { graph, attributes } of model.functions) {
    yield* tensorsOf(graph);
    for (const item of attributes) yield* tensorsIn(item);
  }
}

function* tensorsOf(graph: Graph): Generator<Tensor> {
  for (const each of allGraphs(graph)) {
    for (const { initializer } of each.initializers) if (initializer) yield initializer;
    for (const sparse of each.sparseInitializers) yield* bothOf(sparse);
    for (const node of each.nodes) for (const item of node.attributes.values()) yield* tensorsIn(item);
  }
}

function* tensorsIn(item: Attribute): Generator<Tensor> {
  switch (item.kind) {
    case "tensor":
      yield item.value;
      break;
    case "tensors":
      yield* item.value;
      break;
    case "sparseTensor":
      yield* bothOf(item.value);
      break;
    case "sparseTensors":
      for (const sparse of item.value) yield* bothOf(sparse);
      break;
  }
}

function bothOf({ values, indices }: SparseTensor): readonly Tensor[] {
  return [values, indices];
}
