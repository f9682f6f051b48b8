import { ChannelAnalysis, type PruningOrder } from "../../src/channels/index.js";
import { model } from "./graph.js";
import { type Measured, measured } from "./oracle.js";

/** A graph with its channels analysed. */
export interface Analysed extends Measured {
  readonly analysis: ChannelAnalysis;
}

export async function analysed(text: string): Promise<Analysed> {
  const whole = await measured(model(text));
  return { ...whole, analysis: new ChannelAnalysis(whole.model, whole.dims) };
}

/** A number from 0 to 1 for every unit, without pattern. */
export function scoresFor({ unitCount }: ChannelAnalysis, seed = 0): Float64Array {
  return Float64Array.from(
    { length: unitCount },
    (_, unit) => (((unit + 1) * 7919 + seed * 104729) % 1009) / 1009,
  );
}

/** The order of the group that the layer `producer` makes channels in. */
export function orderOf(orders: readonly PruningOrder[], producer: string): PruningOrder {
  const found = orders.find(({ group }) => group.producers.some(({ holder }) => holder === producer));
  if (!found) throw new Error(`nothing of ${producer} can be removed`);
  return found;
}
