"""CPU seconds of one training step of a CIFAR ResNet in PyTorch (NCHW, one thread): train_step.py DEPTH BATCH STEPS."""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

depth, batch, steps = map(int, sys.argv[1:])
torch.set_num_threads(1)


class Block(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.a, self.b = nn.Conv2d(i, o, 3, s, 1, bias=False), nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.n, self.m = nn.BatchNorm2d(o), nn.BatchNorm2d(o)
        self.s, self.p = s, (o - i) // 2

    def forward(self, x):
        y = self.m(self.b(F.relu(self.n(self.a(x)))))
        return F.relu(y + (x if self.s == 1 else F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.p, self.p))))


k = (depth - 2) // 6
widths = [16] * (k + 1) + [32] * k + [64] * k
blocks = [Block(i, o, 2 if i != o else 1) for i, o in zip(widths, widths[1:])]
net = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
                    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
sgd = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, nesterov=True, weight_decay=1e-4)
x, y = torch.randn(batch, 3, 32, 32), torch.randint(0, 10, (batch,))
times = []
for _ in range(steps + 1):
    start = time.process_time()
    sgd.zero_grad()
    F.cross_entropy(net(x), y).backward()
    sgd.step()
    times.append(time.process_time() - start)
print(min(times[1:]))
