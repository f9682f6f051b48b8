import type { PlanSlice, PrunePlan } from "../channels/index.js";
import {
  bitsOf,
  elementsOf,
  isFloat,
  type Model,
  numbersOf,
  rawBytes,
  type Tensor,
  viewBytes,
} from "../ir/index.js";
import { constantTensor } from "../ops/index.js";

/**
 * Where the pruned model's constants are not exactly what the plan leaves of the original's, bit for bit: one line for
 * each tensor. Written without the code that cuts, so that it can find that code wrong.
 */
export function dishonestTensors(original: Model, pruned: Model, plan: PrunePlan): string[] {
  const slices = new Map<string, PlanSlice[]>();
  for (const slice of plan.slices) {
    if (slice.tensor === undefined || slice.removed.length === 0) continue;
    const list = slices.get(slice.tensor);
    if (list) list.push(slice);
    else slices.set(slice.tensor, [slice]);
  }
  const cut = [...slices].flatMap(([name, own]) => {
    const problem = differenceOf(constantOf(original, own[0]?.source ?? name), constantOf(pruned, name), own);
    return problem === undefined ? [] : [`${name}: ${problem}`];
  });
  return [...cut, ...zeroedTensors(original, pruned, slices)];
}

/** Weights that the plan does not cut and that differ by zeros alone. */
function zeroedTensors(original: Model, pruned: Model, cut: ReadonlyMap<string, unknown>): string[] {
  return pruned.graph.initializers.flatMap(({ name }) => {
    const [before, after] = [constantOf(original, name), constantOf(pruned, name)];
    if (cut.has(name) || !before || !after || !isFloat(before.dataType)) return [];
    if (before.dataType !== after.dataType || before.dims.join() !== after.dims.join()) return [];
    const { zeroed, first } = changes(before, after);
    return zeroed > 0 && first === undefined ? [`${name}: ${zeroedText(zeroed, after)}`] : [];
  });
}

function constantOf(model: Model, name: string): Tensor | undefined {
  const value = model.graph.find(name);
  return value && constantTensor(value);
}

/** What is wrong with a cut tensor; undefined where nothing is. */
function differenceOf(
  before: Tensor | undefined,
  after: Tensor | undefined,
  slices: readonly PlanSlice[],
): string | undefined {
  if (!before || !after) return "not a constant of both files";
  if (before.dataType !== after.dataType) return "its type has changed";
  const kept = keptElements(before.dims, slices);
  if (!kept) return `the plan cuts outside its dimensions [${before.dims}]`;
  const removable = slices.map(({ axis }) => axis);
  const fits = before.dims.every((size, axis) => removable.includes(axis) || size === after.dims[axis]);
  if (!fits || before.dims.length !== after.dims.length || kept.length !== after.elements) {
    return `${kept.length} of the original's [${before.dims}] elements stay, the pruned file has [${after.dims}]`;
  }
  const { zeroed, first } = changes(before, after, kept);
  if (first !== undefined) return `element ${first} is not the original's element ${kept[first]}`;
  return zeroed > 0 ? zeroedText(zeroed, after) : undefined;
}

function zeroedText(zeroed: number, { elements }: Tensor): string {
  return `${zeroed} of its ${elements} elements are zero where the original's are not, as prune --unstructured leaves them; all others are the original's`;
}

/** How many elements became zero, and the first that is otherwise not the original's; `kept` says which that would be. */
function changes(
  before: Tensor,
  after: Tensor,
  kept?: Uint32Array,
): { readonly zeroed: number; readonly first: number | undefined } {
  const [source, result] = [elementBytes(before), elementBytes(after)];
  const width = source.length / Math.max(1, before.elements);
  let zeroed = 0;
  for (let i = 0; i < after.elements; i++) {
    const from = (kept ? (kept[i] as number) : i) * width;
    let [same, zero] = [true, true];
    for (let byte = 0; byte < width; byte++) {
      if (source[from + byte] !== result[i * width + byte]) same = false;
      if (result[i * width + byte] !== 0) zero = false;
    }
    if (same) continue;
    if (!zero) return { zeroed, first: i };
    zeroed++;
  }
  return { zeroed, first: undefined };
}

/** Flat indices of the elements that no slice removes, in order; undefined where a slice leaves the dimensions. */
function keptElements(dims: readonly number[], slices: readonly PlanSlice[]): Uint32Array | undefined {
  const gone = new Uint8Array(elementsOf(dims));
  for (const { axis, removed, within } of slices) {
    const size = dims[axis];
    if (size === undefined || removed.some((at) => at >= size)) return undefined;
    const inner = elementsOf(dims.slice(axis + 1));
    const blockInner = within ? elementsOf(dims.slice(within.axis + 1)) : 0;
    for (let start = 0; start < gone.length; start += size * inner) {
      for (const at of removed) {
        for (let i = start + at * inner; i < start + (at + 1) * inner; i++) {
          const row = within ? Math.floor(i / blockInner) % (dims[within.axis] as number) : 0;
          if (!within || (row >= within.start && row < within.end)) gone[i] = 1;
        }
      }
    }
  }
  const kept = new Uint32Array(gone.reduce((sum, flag) => sum + 1 - flag, 0));
  let to = 0;
  gone.forEach((flag, i) => {
    if (flag === 0) kept[to++] = i;
  });
  return kept;
}

/** The elements as bytes, equally many for each: types of less than a byte are unpacked. */
function elementBytes(tensor: Tensor): Uint8Array {
  if ((bitsOf(tensor.dataType) ?? 8) >= 8) return rawBytes(tensor);
  return viewBytes(Float32Array.from(numbersOf(tensor)));
}
