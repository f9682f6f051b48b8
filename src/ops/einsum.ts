import { type ChannelLink, defineOp, type Operand } from "./define.js";
import { makes } from "./relations.js";

/** One operand's axes by name: letters, and "-1", "-2", ... for those of an ellipsis, counted from its end. */
type Term = readonly string[];

/** An equation with the axes of every operand named. */
export interface EinsumTerms {
  readonly inputs: readonly Term[];
  readonly output: Term;
}

/** One axis of one operand. */
interface Place {
  readonly operand: Operand;
  readonly axis: number;
}

/**
 * The terms of an Einsum equation for operands of these ranks; undefined where the equation does not fit them, or takes
 * a diagonal. https://onnx.ai/onnx/operators/onnx__Einsum.html
 */
export function einsumTerms(equation: string, ranks: readonly number[]): EinsumTerms | undefined {
  const [left = "", right] = equation.replaceAll(" ", "").split("->");
  const texts = left.split(",");
  if (texts.length !== ranks.length) return undefined;
  const inputs: Term[] = [];
  for (const [i, text] of texts.entries()) {
    const term = termOf(text, ranks[i] as number);
    if (!term) return undefined;
    inputs.push(term);
  }
  const outer = Math.max(0, ...inputs.map((term) => term.filter(isOuter).length));
  const output = right === undefined ? impliedOutput(inputs, outer) : termOf(right, undefined, outer);
  return output?.every((name) => inputs.some((term) => term.includes(name))) ? { inputs, output } : undefined;
}

const isOuter = (name: string) => name.startsWith("-");

/** An ellipsis stands for as many axes as the rank leaves, or `outer`. */
function termOf(text: string, rank: number | undefined, outer = 0): Term | undefined {
  const parts = text.split("...");
  const letters = parts.map((part) => [...part]);
  const named = letters.flat();
  const rest = parts.length === 1 ? 0 : rank === undefined ? outer : rank - named.length;
  const isSound = parts.length <= 2 && new Set(named).size === named.length && rest >= 0;
  if (!isSound || (rank !== undefined && named.length + rest !== rank)) return undefined;
  return [...(letters[0] ?? []), ...ellipsis(rest), ...(letters[1] ?? [])];
}

function ellipsis(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i - count));
}

/** Without an arrow: the ellipsis, then in the order of the alphabet all letters that stand once. */
function impliedOutput(inputs: readonly Term[], outer: number): Term {
  const named = inputs.flat().filter((name) => !isOuter(name));
  const once = named.filter((name) => named.indexOf(name) === named.lastIndexOf(name));
  return [...ellipsis(outer), ...once.sort()];
}

/** Operands that really have the index: an axis of size one that is broadcast carries nothing. */
function placesOf(link: ChannelLink, name: string, inputs: readonly Term[]): Place[] {
  const places = link.inputs().flatMap((operand, i) => {
    const axis = inputs[i]?.indexOf(name) ?? -1;
    return axis < 0 ? [] : [{ operand, axis }];
  });
  const size = ({ operand, axis }: Place) => link.originalDims(operand)[axis] ?? 1;
  const largest = Math.max(...places.map(size));
  return places.filter((place) => size(place) === largest);
}

/** An index that is summed over: operand by operand the same channels. */
function contracts(link: ChannelLink, places: readonly Place[]): void {
  const [first, ...others] = places;
  if (!first) return;
  if (others.length === 0) link.sum(first.operand, first.axis);
  for (const other of others) link.contract(first.operand, first.axis, other.operand, other.axis);
}

/** An index that is kept: what computes hands its channels on, a constant beside it rides along. */
function passes(link: ChannelLink, places: readonly Place[], y: Operand, yAxis: number): void {
  const isWeight = ({ operand }: Place) => operand.isConstant;
  const [first, ...others] = [...places.filter((place) => !isWeight(place)), ...places.filter(isWeight)];
  if (!first) return;
  makes(link, first.operand, first.axis, y, yAxis);
  for (const { operand, axis } of others) link.ride(operand, axis, y, yAxis);
}

const einsum = defineOp({
  type: "Einsum",
  since: [12, 28],
  inputs: ["Inputs..."],
  outputs: ["Output"],
  kind: "linear",
  channels(node, link) {
    const y = link.output(0);
    const ranks = link.inputs().map(({ dims }) => dims.length);
    const terms = einsumTerms(node.string("equation") ?? "", ranks);
    if (!y || !terms || terms.output.length !== y.dims.length) return link.barrier("no-rule");
    for (const name of new Set(terms.inputs.flat())) {
      const places = placesOf(link, name, terms.inputs);
      const kept = terms.output.indexOf(name);
      if (kept < 0) contracts(link, places);
      else passes(link, places, y, kept);
    }
  },
});

export const einsumOps = [einsum];
