import { expect } from "chai";
import { invariant } from "../../src/base/errors.js";
import { criterionNamed } from "../../src/importance/index.js";
import { PruningSpace, policyNamed, type SpaceOptions } from "../../src/search/index.js";
import { buildNetwork, networks } from "../../tools/networks/list.js";
import { randomWeights } from "../../tools/networks/net.js";
import { half } from "./spaces.js";

/** MobileNet-v2 for CIFAR: 25 groups, of which the paper's agent chooses about 23 by 17 numbers. */
function mobileNet(options: Partial<SpaceOptions> = {}): PruningSpace {
  const body = networks.get("mobilenet_v2")?.cifar;
  invariant(body, "it is there");
  const { model, dims } = buildNetwork(body, "cifar", randomWeights(2));
  return PruningSpace.open(model, dims, { criterion: criterionNamed("l2"), ...options });
}

describe("search/space with --sharing paper", function () {
  this.timeout(120_000);
  let exact: PruningSpace;
  let paper: PruningSpace;
  before(() => {
    [exact, paper] = [mobileNet(), mobileNet({ sharing: "paper" })];
  });

  it("has the paper's numbers, the linear bottlenecks under one of them", () => {
    expect([exact.groups.length, paper.groups.length]).to.deep.equal([25, 17]);
    const tied = paper.groups.at(-1);
    const layers = paper.layers().at(-1) ?? [];
    expect(layers).to.have.length(17);
    const widths = [16, 24, 32, 64, 96, 160, 320].reduce((sum, width) => sum + width, 0);
    expect(tied?.units.length).to.equal(widths);
    const ids = new Set(exact.groups.map(({ id }) => id));
    expect(paper.groups.every(({ id }) => ids.has(id))).to.equal(true);
    expect(new Set(paper.groups.map(({ id }) => id)).size).to.equal(17);
  });

  it("plans for every group by itself; those that share a number lose the same share", () => {
    const { levels, met } = paper.scaledTo(
      half,
      paper.groups.map((_, i) => (i % 5) / 5),
    );
    expect(met).to.equal(true);
    const { groups } = paper.planOf(levels, paper.cut(levels), { name: "", sha256: "" });
    expect(groups).to.have.length(23);
    const own = exact.groups.map(({ id }) => id);
    expect(groups.every(({ id }) => own.includes(id))).to.equal(true);
    const tied = new Set(paper.groups.at(-1)?.units);
    const shares = exact.groups.flatMap(({ id, units }) => {
      const ratio = groups.find((group) => group.id === id)?.ratio ?? 0;
      return tied.has(units[0] ?? -1) ? [{ ratio, size: units.length }] : [];
    });
    expect(shares).to.have.length(7);
    const most = Math.max(...shares.map(({ ratio }) => ratio));
    expect(most).to.be.above(0);
    for (const { ratio, size } of shares) expect(ratio).to.be.within(most - 1 / size, most);
  });

  for (const name of ["gnn-rl", "agmc", "global"])
    it(`${name} chooses within it`, async () => {
      const policy = await policyNamed(name).open({ space: paper, budget: half, seed: 1, trials: 2 });
      const proposal = await policy.propose();
      expect(proposal?.levels).to.have.length(17);
      expect(paper.isWithin(proposal?.levels ?? [], half)).to.equal(true);
      await policy.close?.();
    });
});
