"""The PyTorch side of training.ts: training.py MODEL.onnx BATCH. For each line "train|evaluate|recalibrate THREADS STEPS" on standard
input it prints the CPU seconds and the seconds of the fastest of so many steps (NCHW, float32)."""
import pathlib
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from onnx_in_torch import Network  # noqa: E402

network, batch = Network(sys.argv[1]), int(sys.argv[2])
tensors = network.tensors()
weights = [t.requires_grad_() for t in tensors.values() if torch.is_tensor(t) and t.dim() > 0]
sgd = torch.optim.SGD(weights, 0.0, momentum=0.9, nesterov=True, weight_decay=1e-4)
x, y = torch.randn(batch, 3, 32, 32), torch.randint(0, 10, (batch,))


def train():
    sgd.zero_grad()
    F.cross_entropy(network.run(x, tensors, True), y).backward()
    sgd.step()


@torch.no_grad()
def evaluate():
    network.run(x, tensors, False)


@torch.no_grad()
def recalibrate():
    network.run(x, tensors, True)


for line in sys.stdin:
    what, threads, steps = line.split()
    torch.set_num_threads(int(threads))
    step, cpu, wall = {"train": train, "evaluate": evaluate, "recalibrate": recalibrate}[what], [], []
    for _ in range(int(steps) + 1):
        before = time.process_time(), time.perf_counter()
        step()
        cpu.append(time.process_time() - before[0])
        wall.append(time.perf_counter() - before[1])
    print(min(cpu[1:]), min(wall[1:]), flush=True)
