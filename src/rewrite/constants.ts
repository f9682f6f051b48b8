import { attribute, type Model, type Tensor, type Value } from "../ir/index.js";

/** Replaces a stored constant's tensor where it is: an initializer or a Constant node's one attribute. */
export function putConstant(value: Value, tensor: Tensor): void {
  const { producer } = value;
  if (!producer) value.graph.setInitializer(value.name, tensor);
  else {
    producer.attributes.clear();
    producer.setAttribute(attribute.tensor("value", tensor));
  }
}

/** A new initializer; files before IR 4 list initializers among the inputs as well. */
export function addConstant(model: Model, stem: string, tensor: Tensor): Value {
  const { name } = model.graph.freshValue(stem);
  const value = model.graph.setInitializer(name, tensor);
  if ((model.irVersion ?? 0) < 4) {
    const shape = tensor.dims.map((size) => ({ size }));
    model.graph.addInput(name, { type: { kind: "tensor", elementType: tensor.dataType, shape } });
  }
  return value;
}
