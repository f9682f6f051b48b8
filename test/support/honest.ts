import { expect } from "chai";
import type { PlanSlice } from "../../src/channels/index.js";
import { bitsOf, type Model, rawBytes, type Tensor } from "../../src/ir/index.js";
import { constantTensor } from "../../src/ops/index.js";

/** Every constant that a plan cuts holds exactly the kept elements of the original, in order and bit for bit. */
export function expectHonest(original: Model, sliced: Model, slices: readonly PlanSlice[]): void {
  const byTensor = new Map<string, PlanSlice[]>();
  for (const slice of slices) {
    if (slice.tensor === undefined) continue;
    byTensor.set(slice.tensor, [...(byTensor.get(slice.tensor) ?? []), slice]);
  }
  for (const [name, entries] of byTensor) {
    const before = tensorOf(original, entries[0]?.source ?? name);
    const after = tensorOf(sliced, name);
    expect(after.dataType, name).to.equal(before.dataType);
    expect(after.dims, `${name}: rank`).to.have.lengthOf(before.dims.length);
    const wanted = elementsAsBits(before).filter((_, i) => !isCut(positionOf(i, before.dims), entries));
    expect(elementsAsBits(after), `${name}: kept values`).to.deep.equal(wanted);
    after.dims.forEach((size, axis) => {
      if (!entries.some((entry) => entry.axis === axis))
        expect(size, `${name} axis ${axis}`).to.equal(before.dims[axis]);
    });
  }
}

function tensorOf(model: Model, name: string): Tensor {
  const value = model.graph.find(name);
  const tensor = value && constantTensor(value);
  if (!tensor) throw new Error(`${name} is no constant of the model`);
  return tensor;
}

/** One string of bits for each element. */
function elementsAsBits(tensor: Tensor): string[] {
  const bytes = rawBytes(tensor);
  const bits = bitsOf(tensor.dataType) ?? 0;
  if (bits >= 8) {
    const width = bits / 8;
    return Array.from({ length: tensor.elements }, (_, i) =>
      Buffer.from(bytes.subarray(i * width, (i + 1) * width)).toString("hex"),
    );
  }
  return Array.from({ length: tensor.elements }, (_, i) => {
    const at = i * bits;
    return String(((bytes[at >> 3] as number) >> (at & 7)) & ((1 << bits) - 1));
  });
}

function positionOf(index: number, dims: readonly number[]): number[] {
  const position = dims.map(() => 0);
  for (let axis = dims.length - 1, rest = index; axis >= 0; axis--) {
    const size = dims[axis] as number;
    position[axis] = rest % size;
    rest = Math.floor(rest / size);
  }
  return position;
}

function isCut(position: readonly number[], entries: readonly PlanSlice[]): boolean {
  return entries.some(({ axis, removed, within }) => {
    const row = within ? (position[within.axis] as number) : 0;
    return (
      removed.includes(position[axis] as number) && (!within || (row >= within.start && row < within.end))
    );
  });
}
