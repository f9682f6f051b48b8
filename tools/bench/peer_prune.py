#!/usr/bin/env python3
"""Times Torch-Pruning on the architectures that prune.ts times: dependency graph plus pruning, in one warm process.

Reads lines "NAME REMOVE" (resnet20, resnet56 or one of torchvision.models; the removed share of every group) and answers
each with a line of JSON: {"seconds": ..., "kept": share of MACs left} or {"error": text}.
needs: pip install torch torchvision torch-pruning
"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch_pruning as tp
import torchvision


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride) if stride != 1 or inputs != outputs else nn.Identity()

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


def cifar_resnet(blocks):
    layers, width = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for outputs in (16, 32, 64):
        for i in range(blocks):
            layers.append(Block(width, outputs, 2 if i == 0 and outputs > 16 else 1))
            width = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


CIFAR = {"resnet20": 3, "resnet56": 9}


def once(name, remove):
    model = cifar_resnet(CIFAR[name]) if name in CIFAR else getattr(torchvision.models, name)(weights=None)
    x = torch.randn(1, 3, *((32, 32) if name in CIFAR else (224, 224)))
    model.eval()
    before, _ = tp.utils.count_ops_and_params(model, x)
    layers = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
    last = ([m for m in layers if isinstance(m, nn.Linear)] or layers)[-1]
    start = time.perf_counter()
    pruner = tp.pruner.MagnitudePruner(
        model, x, importance=tp.importance.MagnitudeImportance(p=2), pruning_ratio=remove, ignored_layers=[last])
    pruner.step()
    seconds = time.perf_counter() - start
    after, _ = tp.utils.count_ops_and_params(model, x)
    return seconds, after / before


torch.set_num_threads(1)
for line in sys.stdin:
    try:
        name, remove = line.split()
        seconds, kept = once(name, float(remove))
        answer = {"seconds": seconds, "kept": kept}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"[:200]}
    print(json.dumps(answer), flush=True)
