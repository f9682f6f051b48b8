"""Gradients of a training step made by topiary against PyTorch's autograd: see check-gradients.ts, which calls this.

Arguments: the model, the step model, the step's layout (JSON). Prints one line of JSON: relative errors per tensor of the
gradients, of onnxruntime's and of PyTorch's own float32 against PyTorch's float64.
"""
import json
import sys

import numpy as np
import onnxruntime as ort
import torch
import torch.nn.functional as F

from onnx_in_torch import Network

model_path, step_path, layout_path, batch = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
torch.set_num_threads(1)
network = Network(model_path)
constants, data_input = network.constants, network.input
rng = np.random.default_rng(0)
x = rng.standard_normal((batch, 3, 32, 32)).astype(np.float32)
y = rng.integers(0, 10, batch)

layout = json.load(open(layout_path))
RATE = 1024.0


def torch_gradients(dtype):
    leaves = {s["name"]: torch.tensor(constants[s["name"]]).to(dtype).requires_grad_() for s in layout["weights"]}
    logits = network.run(torch.tensor(x).to(dtype), {**network.tensors(dtype), **leaves}, training=True)
    loss = F.cross_entropy(logits, torch.tensor(y))
    loss.backward()
    return loss.item(), [leaves[s["name"]].grad.double().numpy().reshape(-1) for s in layout["weights"]]


flat = lambda segments: np.concatenate([constants[s["name"]].reshape(-1) for s in segments]) if segments else None
start = flat(layout["weights"])
feeds = {data_input: x, "labels": y.astype(np.int64), "weights": start, "learningRate": np.array(RATE, np.float32), "step": np.array(1, np.float32)}
if layout["statistics"]:
    feeds["statistics"] = flat(layout["statistics"])
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(step_path, options, providers=["CPUExecutionProvider"])
known = {i.name for i in session.get_inputs()}
loss, end = session.run(["loss", "weights.next"], {k: v for k, v in feeds.items() if k in known})
own = [((start.astype(np.float64) - end)[s["from"]:s["to"]]) / RATE for s in layout["weights"]]
exact_loss, exact = torch_gradients(torch.float64)
_, single = torch_gradients(torch.float32)


def errors(found):
    # A bias before a batch normalization has the gradient zero: there only rounding is left to compare.
    floor = 1e-4 * max(np.linalg.norm(g) for g in exact)
    e = [np.linalg.norm(f - g) / max(np.linalg.norm(g), floor) for f, g in zip(found, exact)]
    return {"worst": float(max(e)), "median": float(np.median(e)), "where": layout["weights"][int(np.argmax(e))]["name"]}


print(json.dumps({"loss": [float(loss), exact_loss], "tensors": len(own), "topiary": errors(own), "torch32": errors(single)}))
