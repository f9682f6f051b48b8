import { invariant, UserError } from "../../base/errors.js";
import type { Builder, Node, SymTensor } from "../../ir/index.js";
import type { OpDefinition } from "../define.js";

/** An op's `gradient`. */
export type Gradient = NonNullable<OpDefinition["gradient"]>;

/** What most rules work on. */
export interface Backward {
  readonly node: Node;
  readonly build: Builder;
  /** Gradient of the first output. */
  readonly dY: SymTensor;
  /** The first output and the inputs. */
  readonly y: SymTensor;
  x(index: number): SymTensor;
  optional(index: number): SymTensor | undefined;
}

/** The rule of an op whose first output alone has a gradient. */
export function gradient(rule: (at: Backward) => readonly (SymTensor | undefined)[]): Gradient {
  return (node, [dY], build) => {
    if (!dY) return [];
    const output = node.output(0);
    invariant(output, () => `${node.label} has no output`);
    const optional = (index: number) => {
      const value = node.input(index);
      return value && build.of(value);
    };
    const x = (index: number) => {
      const found = optional(index);
      invariant(found, () => `${node.label} lacks input ${index}`);
      return found;
    };
    return rule({ node, build, dY, y: build.of(output), x, optional });
  };
}

/** The axes before `from`, or from `from` to `to`. */
export function axes(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

/** Throws for a form of the op that has no gradient here. */
export function refuse(node: Node, what: string): never {
  throw new UserError(
    "no-gradient",
    `node ${node.label}: ${node.opType} with ${what} has no gradient, so the weights before it cannot be trained; freeze them`,
  );
}

/** The elements of an input that holds sizes or positions. */
export function integers(
  { node, build }: Pick<Backward, "node" | "build">,
  index: number,
): readonly number[] | undefined {
  const value = node.input(index);
  if (!value) return undefined;
  return build.integersOf(value) ?? refuse(node, `input ${value.name} that is computed from data`);
}
