import { attribute, type Node } from "../ir/index.js";
import { axisOf, defineOp, type OpDefinition, type SliceContext } from "./define.js";
import { range, type Take, takeAll } from "./relations.js";
import { sameDims, setSizes } from "./sizes.js";

/** Elements added before and after one axis; negative numbers cut some off. */
interface AxisPad {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

type Numbers = readonly number[] | undefined;

/** The pads of every axis listed: attribute `pads` (`paddings` in opset 1), or inputs 1 and, from opset 18 on, 3. */
export function padsOf(node: Node, input: (index: number) => Numbers, rank: number): AxisPad[] | undefined {
  const pads = node.ints("pads") ?? node.ints("paddings") ?? input(1);
  const axes = node.input(3) ? input(3) : range(rank);
  if (!pads || !axes || pads.length !== 2 * axes.length) return undefined;
  return axes.map((axis, i) => ({
    axis: axisOf(axis, rank),
    before: pads[i] ?? 0,
    after: pads[i + axes.length] ?? 0,
  }));
}

/** https://onnx.ai/onnx/operators/onnx__Pad.html */
const pad = defineOp({
  type: "Pad",
  since: [1, 2, 11, 13, 18, 19, 21, 23, 24, 25],
  inputs: ["data", "pads", "constant_value?", "axes?"],
  outputs: ["output"],
  kind: "movement",
  channels(node, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    const pads = padsOf(node, (index) => link.integers(link.input(index)), x.dims.length);
    if (!pads) return link.barrier("dynamic-shape");
    const padded = pads.filter(({ before, after }) => before !== 0 || after !== 0);
    if ((node.string("mode") ?? "constant") === "constant") {
      return takeAll(
        link,
        x,
        y,
        padded.map((item) => takeOf(item, x.dims[item.axis] ?? 0)),
      );
    }
    const whole = new Set(padded.map(({ axis }) => axis));
    x.dims.forEach((_, axis) => {
      if (whole.has(axis)) link.freeze(x, axis, "padding-mode");
      else link.pass(x, axis, y, axis);
    });
  },
  afterSlice: repad,
});

function takeOf({ axis, before, after }: AxisPad, size: number): Take {
  const indices = range(Math.max(0, size + before + after), -before).map((i) =>
    i >= 0 && i < size ? i : -1,
  );
  return { axis, indices };
}

/** Counts what is left of the added elements on each side. */
function repad(node: Node, slice: SliceContext): void {
  const [before, after] = [slice.inputBefore(0), slice.inputAfter(0)];
  const to = slice.outputAfter(0);
  if (!before || !after || !to || (sameDims(to, slice.outputBefore(0)) && sameDims(after, before))) return;
  const old = padsOf(node, (index) => slice.integersBefore(index), before.length);
  const now = padsOf(node, (index) => slice.integers(index), before.length);
  if (!old || !now) slice.refuse("the pads of a Pad are computed from data");
  const next = old.map((item, i) => {
    const same = now[i] ?? item;
    const unchanged =
      before[item.axis] === after[item.axis] && slice.outputBefore(0)?.[item.axis] === to[item.axis];
    return unchanged ? same : leftOf(item, slice, before[item.axis] ?? 0);
  });
  const flat = (pads: readonly AxisPad[]) => [
    ...pads.map((item) => item.before),
    ...pads.map((item) => item.after),
  ];
  const name = node.ints("pads") ? "pads" : node.ints("paddings") ? "paddings" : undefined;
  if (name) slice.setAttribute(attribute.ints(name, flat(next)));
  else setSizes(slice, 1, flat(now), flat(next));
}

/** The pads after which exactly the kept outputs remain of the kept inputs. */
function leftOf(item: AxisPad, slice: SliceContext, size: number): AxisPad {
  const kept = slice.keptOutput(0, item.axis).map((at) => at - item.before);
  const input = slice.keptInput(0, item.axis);
  const inside = kept.filter((position) => position >= 0 && position < size);
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined) return slice.refuse("a Pad would keep nothing of its input");
  const count = (numbers: readonly number[], test: (position: number) => boolean) =>
    numbers.filter(test).length;
  return {
    axis: item.axis,
    before: count(kept, (position) => position < 0) - count(input, (position) => position < first),
    after: count(kept, (position) => position >= size) - count(input, (position) => position > last),
  };
}

export const padOps: readonly OpDefinition[] = [pad];
