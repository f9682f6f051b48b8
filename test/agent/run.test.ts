import { expect } from "chai";
import { createDdpg, createPpo, runEpisode, type Step, train, withReward } from "../../src/agent/index.js";
import { userError } from "../support/user-error.js";
import { EchoEnv } from "./tasks.js";

/** Answers 0.5 and takes note of what it is told. */
function listener() {
  const heard: Step[] = [];
  return {
    heard,
    act: async () => new Float32Array(4).fill(0.5),
    observe: ({ next }: { readonly next: Step }) => void heard.push(next),
    update: async () => new Map([["loss", heard.length]]),
    save: async () => new Uint8Array(),
    close: async () => {},
  };
}

describe("episodes", () => {
  it("end where the environment says so, and are cut off where they may not go on", async () => {
    const agent = listener();
    const env = new EchoEnv(4, 5);
    const whole = await runEpisode(env, agent, { seed: 1, explore: true });
    expect(whole.steps).to.equal(5);
    expect(whole.truncated).to.equal(false);
    const cut = await runEpisode(env, agent, { seed: 1, explore: true, steps: 2 });
    expect(cut.steps).to.equal(2);
    expect(cut.truncated).to.equal(true);
    const ends = agent.heard.map(({ terminated, truncated }) => [terminated, truncated].map(Number).join(""));
    expect(ends).to.deep.equal(["00", "00", "00", "00", "10", "00", "01"]);
    expect(cut.reward).to.be.closeTo(
      agent.heard.slice(0, 2).reduce((sum, { reward }) => sum + reward, 0),
      1e-12,
    );
  });

  it("are not learnt from without exploring", async () => {
    const agent = listener();
    await runEpisode(new EchoEnv(), agent, { seed: 1 });
    expect(agent.heard).to.have.length(0);
  });

  it("follow each other until they are stopped", async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    await train(new EchoEnv(4, 1), listener(), {
      episodes: 10,
      signal: stop.signal,
      onEpisode: ({ index, losses }) => {
        seen.push(index, losses.get("loss") ?? -1);
        if (index === 2) stop.abort();
      },
    });
    expect(seen).to.deep.equal([0, 1, 1, 2, 2, 3]);
  });

  for (const make of [createDdpg, createPpo]) {
    it(`whose rewards lead nowhere stop ${make.name}`, async () => {
      const env = new EchoEnv(4, 1);
      const spaces = { observation: env.observationSpace, action: env.actionSpace };
      const agent = await make(spaces, {
        warmUp: 0,
        baseline: 0,
        batch: 4,
        steps: 4,
        hidden: [4],
        gnn: { hidden: 4 },
      });
      await userError("loss-not-finite", async () => {
        const noisy = withReward(env, () => Number.POSITIVE_INFINITY);
        await train(noisy, agent, { episodes: 5 });
      });
      await agent.close();
    });
  }
});
