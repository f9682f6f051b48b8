import { expect } from "chai";
import type { Transition } from "../../../src/agent/index.js";
import { decodeDocument } from "../../../src/agent/learn/document.js";
import { list, record, restoreTransitions } from "../../../src/agent/learn/saved.js";
import { policies, policyNamed } from "../../../src/search/index.js";
import { userError } from "../../support/user-error.js";
import { half, spaceOf } from "../spaces.js";

/** The levels of graphs that the networks of a policy's agent embed, and what the agent saw in an episode. */
async function lookInside(name: string) {
  const space = await spaceOf("resnet");
  const policy = await policyNamed(name).open({ space, budget: half, seed: 1, trials: 6 });
  const proposal = await policy.propose();
  if (!proposal || !policy.save) throw new Error("it proposes and saves");
  await policy.learn(proposal, { accuracy: 0.5, reward: -0.5, stopped: false });
  const { networks, replay = null } = record(decodeDocument(await policy.save()));
  await policy.close?.();
  const layout = list(record(record(networks).layout).actor).map((each) => String(record(each).name));
  const levels = new Set(layout.flatMap((each) => /^encoder\.(level\d)/.exec(each)?.[1] ?? []));
  const steps: Transition[] = [];
  restoreTransitions(replay, (step) => steps.push(step));
  const nodes = steps.flatMap(({ observation }) => observation.graphs.flatMap((each) => [...each.nodes]));
  return { levels: levels.size, nodes };
}

describe("policies that see less", function () {
  this.timeout(60_000);

  const expected = {
    "gnn-rl": { flat: false, features: "real" },
    "gnn-rl+flat": { flat: true, features: "real" },
    "gnn-rl+constant": { flat: false, features: "constant" },
    "gnn-rl+flat+random": { flat: true, features: "random" },
    "gnn-rl-ppo+flat+constant": { flat: true, features: "constant" },
    "agmc+random": { flat: true, features: "random" },
  } as const;
  for (const [name, { flat, features }] of Object.entries(expected)) {
    it(`${name}: ${flat ? "no hierarchy" : "the hierarchy"}, ${features} features`, async () => {
      const { levels, nodes } = await lookInside(name);
      expect(levels === 1).to.equal(flat);
      expect(nodes).to.not.have.length(0);
      // Real features lie in [0, 1]; random ones are normal, with thousands of them some are negative.
      const seen = nodes.every((value) => value === 1)
        ? "constant"
        : nodes.some((value) => value < 0)
          ? "random"
          : "real";
      expect(seen).to.equal(features);
    });
  }

  it("are there by name, and take no part by default", async () => {
    expect([...policies.keys()].some((name) => name.includes("+"))).to.equal(false);
    // AGMC's graph is flat already, and random search sees none.
    for (const name of ["agmc+flat", "random+flat", "gnn-rl+constant+flat", "gnn-rl+"]) {
      const says = await userError("policy", () => policyNamed(name));
      expect(says).to.include("gnn-rl+flat").and.to.include("agmc+random");
    }
  });
});
