import { expect } from "chai";
import {
  type Agent,
  createDdpg,
  type DdpgOptions,
  loadAgent,
  runEpisode,
  train,
  transferAgent,
} from "../../src/agent/index.js";
import { userError } from "../support/user-error.js";
import { EchoEnv } from "./tasks.js";

const small: DdpgOptions = { warmUp: 2, batch: 8, hidden: [16], gnn: { hidden: 8, rounds: 1 } };
const spacesOf = ({ observationSpace, actionSpace }: EchoEnv) => ({
  observation: observationSpace,
  action: actionSpace,
});

/** Every action and loss of a few episodes. */
async function history(agent: Agent, env: EchoEnv, episodes: number, seed: number): Promise<string[]> {
  const lines: string[] = [];
  const listening: Agent = {
    act: async (observation, options) => {
      const action = await agent.act(observation, options);
      lines.push([...action].join());
      return action;
    },
    observe: (transition) => agent.observe(transition),
    update: () => agent.update(),
    save: () => agent.save(),
    close: () => agent.close(),
  };
  await train(env, listening, {
    episodes,
    seed,
    onEpisode: ({ losses }) => void lines.push([...losses].join()),
  });
  return lines;
}

describe("DDPG", function () {
  this.timeout(120_000);

  it("makes the same decisions for the same seed, others for another", async () => {
    const runs: string[][] = [];
    for (const seed of [1, 1, 2]) {
      const env = new EchoEnv();
      const agent = await createDdpg(spacesOf(env), { ...small, seed });
      runs.push(await history(agent, env, 5, 10));
      await agent.close();
    }
    expect(runs[0]).to.deep.equal(runs[1]);
    expect(runs[0]).to.not.deep.equal(runs[2]);
  });

  it("goes on after save and load as if it had not stopped", async () => {
    const env = new EchoEnv();
    const whole = await createDdpg(spacesOf(env), small);
    await history(whole, env, 4, 10);
    const saved = await whole.save();
    const rest = await history(whole, env, 3, 20);
    const loaded = await loadAgent(saved, spacesOf(env));
    expect(Buffer.from(await loaded.save()).equals(Buffer.from(saved))).to.equal(true);
    expect(await history(loaded, env, 3, 20)).to.deep.equal(rest);
    await whole.close();
    await loaded.close();
  });

  it("moves its targets a step of tau towards the networks", async () => {
    const env = new EchoEnv(4, 1);
    const agent = await createDdpg(spacesOf(env), { ...small, warmUp: 0, tau: 0.25 });
    const before = await agent.vectors();
    await train(env, agent, { episodes: 1 });
    const after = await agent.vectors();
    for (const name of ["actor", "critic"]) {
      const [start, now] = [before.get(name) ?? [], after.get(name) ?? []];
      expect(start).to.not.deep.equal(now);
      after.get(`${name}.target`)?.forEach((value, i) => {
        const [from, to] = [start[i] ?? Number.NaN, now[i] ?? Number.NaN];
        expect(value).to.be.closeTo(from + 0.25 * (to - from), 1e-7);
      });
    }
    await agent.close();
  });

  it("acts at random while it warms up, and inside the box always", async () => {
    const env = new EchoEnv();
    const agent = await createDdpg(spacesOf(env), { ...small, noise: 3 });
    const { observation } = env.reset({ seed: 3 });
    for (let i = 0; i < 50; i++) {
      for (const value of await agent.act(observation, { explore: true })) expect(value).to.be.within(0, 1);
    }
    expect(await agent.update()).to.have.property("size", 0);
    const still = await agent.act(observation);
    expect(await agent.act(observation)).to.deep.equal(still);
    await agent.close();
  });

  for (const head of ["graph", "site"] as const) {
    it(`learns to echo (${head} head)`, async () => {
      const env = new EchoEnv(3, 1);
      const options = { head, warmUp: 30, batch: 64, hidden: [32, 32], gnn: { hidden: 16, rounds: 1 } };
      const agent = await createDdpg(spacesOf(env), {
        ...options,
        actorRate: 1e-3,
        criticRate: 3e-3,
        noise: 0.3,
        noiseDecay: 0.995,
        updatesPerStep: 6,
      });
      const score = async () => {
        let sum = 0;
        for (let seed = 1000; seed < 1040; seed++) sum += (await runEpisode(env, agent, { seed })).reward;
        return sum / 40;
      };
      const before = await score();
      await train(env, agent, { episodes: 200 });
      const after = await score();
      // Indifferent agents answer 0.5 and are off by 0.25 in the mean.
      expect(before).to.be.closeTo(-0.25, 0.03);
      expect(after).to.be.above(head === "site" ? -0.08 : -0.16);
      await agent.close();
    });
  }

  it("hands what it has learnt to an agent for a graph of another size", async () => {
    const env = new EchoEnv(3, 1);
    const agent = await createDdpg(spacesOf(env), { ...small, head: "site" });
    await train(env, agent, { episodes: 4 });
    const wider = new EchoEnv(5, 1);
    const heir = await transferAgent(await agent.save(), spacesOf(wider), { freezeEncoder: true, warmUp: 0 });
    const [before, own] = [await vectors(heir), await vectors(agent)];
    expect(before.get("actor")).to.deep.equal(own.get("actor"));
    await train(wider, heir, { episodes: 3 });
    const after = await vectors(heir);
    const changed = before.get("actor")?.map((value, i) => Number(value !== after.get("actor")?.[i]));
    const { specs } = (heir as Awaited<ReturnType<typeof createDdpg>>).parts;
    for (const { name, from, to } of specs.actor) {
      const moved = changed?.slice(from, to).some((each) => each === 1);
      expect(moved, name).to.equal(!name.startsWith("encoder."));
    }
    await agent.close();
    await heir.close();
  });

  it("refuses what is no saved agent, a damaged one, and one for something else", async () => {
    const env = new EchoEnv();
    const agent = await createDdpg(spacesOf(env), small);
    const saved = await agent.save();
    await agent.close();
    const load = (code: string, bytes: Uint8Array, spaces = spacesOf(env)) =>
      userError(code, async () => loadAgent(bytes, spaces));
    await load("agent-file", Buffer.from("{}"));
    const damaged = Buffer.from(saved);
    damaged[damaged.length - 100] = (damaged[damaged.length - 100] ?? 0) ^ 1;
    expect(await load("agent-file", damaged)).to.include("checksum");
    await load("agent-spaces", saved, spacesOf(new EchoEnv(5)));
    const discrete = { ...spacesOf(env), action: { kind: "discrete", size: 3 } as const };
    expect(await userError("action-space", () => createDdpg(discrete))).to.include("use PPO");
  });
});

async function vectors(agent: Agent): Promise<Map<string, Float32Array>> {
  return (agent as Awaited<ReturnType<typeof createDdpg>>).vectors();
}
