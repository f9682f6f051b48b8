"""CPU seconds of one DDPG update of the same agent in PyTorch (one thread): agent_update.py SPACE.json UPDATES."""
import copy
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(1)
space, updates, batch = json.load(open(sys.argv[1])), int(sys.argv[2]), 64
H, rounds, size = space["hidden"], space["rounds"], space["size"]
structures = space["structures"]


def incidence(s):
    """S and T pick source and target nodes of edges; A and L are the means over arriving and leaving edges."""
    n, e = s["nodes"], s["edges"]
    S, T = torch.zeros(e, n), torch.zeros(e, n)
    S[torch.arange(e), torch.tensor(s["topology"]["sources"])] = 1
    T[torch.arange(e), torch.tensor(s["topology"]["targets"])] = 1
    return S, T, T.t() / T.sum(0).clamp(min=1)[:, None], S.t() / S.sum(0).clamp(min=1)[:, None]


wires = [incidence(s) for s in structures]
depth = []
for s in structures:
    depth.append(max([1 + depth[i] for i in s["holds"]], default=0))


class Level(nn.Module):
    def __init__(self):
        super().__init__()
        self.node, self.edge = nn.Linear(space["nodeFeatures"], H), nn.Linear(space["edgeFeatures"], H)
        self.rounds = nn.ModuleList(nn.Linear(3 * H, H) for _ in range(rounds))
        self.score, self.out = nn.Linear(H, 1, bias=False), nn.Linear(H, H)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.levels = nn.ModuleDict({str(s["level"]): Level() for s in structures})

    def forward(self, obs):
        table, whole = torch.zeros(1, H), None
        for stage in range(max(depth) + 1):
            made = []
            for i, s in enumerate(structures):
                if depth[i] != stage:
                    continue
                nodes, edges, plain, inner = obs[i]
                level, (S, T, A, L) = self.levels[str(s["level"])], wires[i]
                k = nodes.shape[1]
                e = torch.tanh(level.edge(edges)) * plain
                if s["holds"]:
                    e = e + table[inner]
                h = torch.tanh(level.node(nodes))
                for linear in level.rounds:
                    def apply(m, x):
                        return (m @ x.reshape(x.shape[0], -1)).reshape(-1, k, H)
                    h = torch.tanh(linear(torch.cat([h, apply(A, apply(S, h) * e), apply(L, apply(T, h) * e)], 2)))
                alpha = torch.softmax(level.score(h), 0)
                whole = torch.tanh(level.out((alpha * h).sum(0)))
                made.append(whole)
            table = torch.cat([table, *made])
        return whole


def mlp(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, 300), nn.ReLU(), nn.Linear(300, 300), nn.ReLU(), nn.Linear(300, outputs))


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.head = Encoder(), mlp(H, size)

    def forward(self, obs):
        return torch.sigmoid(self.head(self.encoder(obs)))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.head = Encoder(), mlp(H + size, 1)

    def judge(self, g, action):
        return self.head(torch.cat([g, action], 1))


def observation():
    rows = {}
    at = 1
    for stage in range(max(depth) + 1):
        for i, s in enumerate(structures):
            if depth[i] == stage:
                rows[i] = (at, at + s["capacity"] * batch)
                at = rows[i][1]
    out = []
    for i, s in enumerate(structures):
        k = s["capacity"] * batch
        inner = torch.randint(1, max([rows[j][1] for j in s["holds"]], default=2), (s["edges"], k))
        plain = torch.full((s["edges"], k, 1), 0.0 if s["holds"] else 1.0)
        out.append((torch.rand(s["nodes"], k, space["nodeFeatures"]), torch.rand(s["edges"], k, space["edgeFeatures"]),
                    plain, inner))
    return out


actor, critic = Actor(), Critic()
actor_target, critic_target = copy.deepcopy(actor), copy.deepcopy(critic)
adam_actor, adam_critic = torch.optim.Adam(actor.parameters(), 1e-4), torch.optim.Adam(critic.parameters(), 1e-3)
now, then = observation(), observation()
action, reward, future = torch.rand(batch, size), -torch.rand(batch, 1), torch.ones(batch, 1)
times = []
for _ in range(updates + 1):
    start = time.process_time()
    with torch.no_grad():
        target = reward + future * critic_target.judge(critic_target.encoder(then), actor_target(then))
    g = critic.encoder(now)
    critic_loss = F.mse_loss(critic.judge(g, action), target)
    actor_loss = -critic.judge(g.detach(), actor(now)).mean()
    adam_actor.zero_grad()
    actor_loss.backward(inputs=list(actor.parameters()))
    adam_critic.zero_grad()
    critic_loss.backward()
    adam_actor.step()
    adam_critic.step()
    with torch.no_grad():
        for t, o in ((actor_target, actor), (critic_target, critic)):
            torch._foreach_lerp_(list(t.parameters()), list(o.parameters()), 0.01)
    times.append(time.process_time() - start)
print(min(times[1:]))
