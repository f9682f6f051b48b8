import { UserError } from "../../base/errors.js";
import type { WeightSpec } from "../network/weights.js";
import type { Json } from "./document.js";
import { type Fields, floats, list, number, record } from "./saved.js";

/** The networks of an agent: how the vectors of weights are laid out, by network. */
export type NetworkSpecs = Readonly<Record<string, readonly WeightSpec[]>>;

export function saveNetworks(networks: NetworkSpecs, vectors: ReadonlyMap<string, Float32Array>): Json {
  return {
    layout: Object.fromEntries(
      Object.entries(networks).map(([name, specs]) => [
        name,
        specs.map((spec) => ({ name: spec.name, dims: [...spec.dims] })),
      ]),
    ),
    vectors: Object.fromEntries(vectors),
  };
}

/** The vectors that were saved, of the lengths that `expected` has. */
export function restoreVectors(
  saved: Fields,
  expected: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  const vectors = record(record(saved.networks).vectors);
  return new Map(
    [...expected].map(([name, { length }]) => {
      const values = floats(vectors[name]);
      if (values.length !== length) {
        const got = `${name} has ${values.length} numbers, expected ${length}`;
        throw new UserError("agent-file", `not a saved agent of this kind: ${got}`);
      }
      return [name, values];
    }),
  );
}

/**
 * Fresh vectors with the saved weights of the same name and dimensions in their places. Throws the UserError
 * "agent-transfer" where no weight of an encoder fits.
 */
export function transferWeights(
  saved: Fields,
  networks: NetworkSpecs,
  fresh: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  const { layout, vectors } = record(saved.networks);
  const result = new Map(fresh);
  let encoders = 0;
  for (const [network, specs] of Object.entries(networks)) {
    const own = fresh.get(network)?.slice() ?? new Float32Array();
    const theirs = floats(record(vectors)[network]);
    const places = placesOf(list(record(layout)[network]));
    for (const { name, dims, from, to } of specs) {
      const at = places.get(`${name} ${dims}`);
      if (at === undefined || at + to - from > theirs.length) continue;
      own.set(theirs.subarray(at, at + to - from), from);
      if (name.startsWith("encoder.")) encoders++;
    }
    result.set(network, own);
    if (result.has(`${network}.target`)) result.set(`${network}.target`, own);
  }
  if (encoders === 0) {
    throw new UserError(
      "agent-transfer",
      "no weight of the saved agent's encoder fits: it was made with other features or another encoder",
    );
  }
  return result;
}

function placesOf(layout: readonly Json[]): Map<string, number> {
  let at = 0;
  return new Map(
    layout.map((each) => {
      const { name, dims } = record(each);
      const sizes = list(dims).map(number);
      const place = [`${name} ${sizes}`, at] as const;
      at += sizes.reduce((product, size) => product * size, 1);
      return place;
    }),
  );
}
