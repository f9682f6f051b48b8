import { expect } from "chai";
import type { Barrier, ChannelAnalysis } from "../../src/channels/index.js";
import type { OpFixture } from "../ops/fixtures/index.js";
import {
  asMuchAsPossible,
  atRandom,
  type Cut,
  cutToBudget,
  cutUnits,
  expectExact,
  type Measured,
} from "./oracle.js";

/** How many random subsets of units each op's graph is cut down to. */
const SUBSETS = 4;

/** A fixture's graph is cut exactly whatever goes, and its weight w loses channels, or keeps them for the said reason. */
export async function expectFixture(whole: Measured, { keeps }: Pick<OpFixture, "keeps">): Promise<void> {
  const half = cutToBudget(whole, { kind: "ratio", remove: 0.5 });
  await expectExact(whole, half);
  await expectExact(whole, cutUnits(whole, asMuchAsPossible));
  let gone = channelsGone(half, "w");
  for (let seed = 1; seed <= SUBSETS; seed++) {
    const some = cutUnits(whole, atRandom(seed));
    await expectExact(whole, some);
    gone += channelsGone(some, "w");
  }
  if (keeps === undefined) expect(gone, "channels of w removed").to.be.above(0);
  else {
    expect(gone, "channels of w removed").to.equal(0);
    expect(codesOf(half.analysis, "w")).to.deep.equal([keeps]);
  }
}

function channelsGone({ plan }: Cut, tensor: string): number {
  return plan.slices
    .filter((slice) => slice.tensor === tensor && slice.role === "producer")
    .reduce((count, { removed }) => count + removed.length, 0);
}

/** Why the channels that a constant makes stay. */
function codesOf(analysis: ChannelAnalysis, tensor: string): string[] {
  const codes = new Set<Barrier["code"] | "free">();
  for (const block of analysis.producers()) {
    if (block.holder !== tensor) continue;
    for (const label of block.labels) codes.add(analysis.atoms.barrierOf(label)?.code ?? "free");
  }
  return [...codes];
}
