import { expect } from "chai";
import { type AgentStart, type Policy, policyNamed } from "../../../src/search/index.js";
import { userError } from "../../support/user-error.js";
import { half, spaceOf } from "../spaces.js";

async function open(name: string, start?: AgentStart): Promise<Policy> {
  return policyNamed(name).open({ space: await spaceOf("vgg"), budget: half, seed: 1, trials: 24, start });
}

/** The agent of a search that has seen one random episode. */
async function agentOf(name: string): Promise<AgentStart> {
  const policy = await open(name);
  const proposal = await policy.propose();
  if (proposal) await policy.learn(proposal, { accuracy: 0.5, reward: -0.5, stopped: false });
  const agent = await policy.save?.();
  await policy.close?.();
  if (!agent) throw new Error("it learns");
  return { agent, freezeEncoder: false };
}

describe("a search that begins with an agent", function () {
  this.timeout(120_000);

  for (const name of ["gnn-rl", "agmc"]) {
    it(`${name}: acts by what it knows from its first episode on, not at random`, async () => {
      const start = await agentOf(name);
      const [fresh, heir] = [await open(name), await open(name, start)];
      // Random episodes may overlap; those of an agent that knows something follow each other.
      expect(fresh.ahead).to.equal(Number.POSITIVE_INFINITY);
      expect(heir.ahead).to.equal(1);
      expect((await heir.propose())?.levels).to.not.deep.equal((await fresh.propose())?.levels);
      await fresh.close?.();
      await heir.close?.();
    });
  }

  it("refuses one that learns in another way, or from other graphs", async () => {
    const start = await agentOf("gnn-rl");
    expect(await userError("agent-transfer", () => open("gnn-rl-ppo", start))).to.include("learns by ddpg");
    expect(await userError("agent-transfer", () => open("agmc", start))).to.include("no weight");
  });
});
