import { Builder, DataType, Graph, Model, type SymTensor } from "../../src/ir/index.js";
import { type HostTensor, numbersIn, withSession } from "../../src/runtime/index.js";

/** Builds a graph of float32 inputs, runs it once, and returns its outputs by name. */
export async function compute(
  inputs: Readonly<Record<string, { readonly dims: readonly number[]; readonly values: ArrayLike<number> }>>,
  make: (
    build: Builder,
    inputs: ReadonlyMap<string, SymTensor>,
  ) => Readonly<Record<string, SymTensor | undefined>>,
): Promise<Map<string, number[]>> {
  const build = new Builder(new Graph({ name: "compute" }));
  const symbols = new Map(Object.entries(inputs).map(([name, { dims }]) => [name, build.input(name, dims)]));
  for (const [name, symbol] of Object.entries(make(build, symbols))) if (symbol) build.output(name, symbol);
  const model = new Model({ irVersion: 10, opsetImports: [{ domain: "", version: 18 }], graph: build.graph });
  const feeds = new Map<string, HostTensor>(
    Object.entries(inputs).map(([name, { dims, values }]) => [
      name,
      { dataType: DataType.FLOAT, dims, data: Float32Array.from(values) },
    ]),
  );
  const outputs = await withSession(model, { threads: 1 }, (session) => session.run(feeds));
  return new Map(outputs.map((output) => [output.name, Array.from(numbersIn(output))]));
}

export function get(symbols: ReadonlyMap<string, SymTensor>, name: string): SymTensor {
  const symbol = symbols.get(name);
  if (!symbol) throw new Error(`there is no ${name}`);
  return symbol;
}

/** Fails where a number is further from the expected one than float32 rounding of a few steps allows. */
export function expectClose(
  found: readonly number[] | undefined,
  expected: readonly number[],
  tolerance = 1e-6,
): void {
  if (found?.length !== expected.length)
    throw new Error(`${found?.length} numbers, expected ${expected.length}`);
  expected.forEach((value, i) => {
    const difference = Math.abs((found[i] ?? Number.NaN) - value);
    if (!(difference <= tolerance * Math.max(1, Math.abs(value))))
      throw new Error(`number ${i} is ${found[i]}, expected ${value}`);
  });
}
