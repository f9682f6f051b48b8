"""Gradients of a training step made by topiary against PyTorch's autograd: see check-gradients.ts, which calls this.

Arguments: the model, the step model, the step's layout (JSON). Prints one line of JSON: relative errors per tensor of the
gradients, of onnxruntime's and of PyTorch's own float32 against PyTorch's float64.
"""
import json
import sys

import numpy as np
import onnx
import onnxruntime as ort
import torch
import torch.nn.functional as F
from onnx import numpy_helper

model_path, step_path, layout_path, batch = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
torch.set_num_threads(1)
proto = onnx.load(model_path)
constants = {t.name: numpy_helper.to_array(t) for t in proto.graph.initializer}
data_input = next(i.name for i in proto.graph.input if i.name not in constants)
rng = np.random.default_rng(0)
x = rng.standard_normal((batch, 3, 32, 32)).astype(np.float32)
y = rng.integers(0, 10, batch)


def ints(v):
    return [int(i) for i in np.asarray(v).reshape(-1)]


def conv(a, x, w, b=None):
    k = len(a["kernel_shape"])
    pads = a.get("pads", [0] * 2 * k)
    return F.conv2d(x, w, b, a.get("strides", [1] * k), pads[:k], a.get("dilations", [1] * k), a.get("group", 1))


def slice_(x, starts, ends, axes=None, steps=None):
    starts, ends = ints(starts), ints(ends)
    axes = ints(axes) if axes is not None else range(len(starts))
    steps = ints(steps) if steps is not None else [1] * len(starts)
    index = [slice(None)] * x.ndim
    for s, e, a, k in zip(starts, ends, axes, steps):
        # PyTorch has no negative steps; these occur in shape arithmetic only.
        index[a] = slice(s, None if k < 0 and e < -(2**31) else e, k)
    return x[tuple(index)]


def pad(x, pads, *_):
    p = ints(pads)
    n = len(p) // 2
    return F.pad(x, [q for i in reversed(range(n)) for q in (p[i], p[n + i])])


def evaluate(dtype, weights):
    """The loss with the weights as leaves, batch statistics wherever topiary takes them."""
    values = {data_input: torch.tensor(x).to(dtype)}
    for name, array in constants.items():
        values[name] = weights.get(name, torch.tensor(array).to(dtype) if array.dtype == np.float32 else array)
    cast = lambda v: v.numpy() if torch.is_tensor(v) and not v.is_floating_point() else v
    for node in proto.graph.node:
        a = {t.name: onnx.helper.get_attribute_value(t) for t in node.attribute}
        i = [values[n] if n else None for n in node.input]
        op = node.op_type
        if op == "Constant":
            (kind, value), = a.items()
            array = numpy_helper.to_array(value) if kind == "value" else np.array(value, np.float32 if "float" in kind else np.int64)
            out = torch.tensor(array).to(dtype) if array.dtype == np.float32 else array
        elif op == "Conv": out = conv(a, *i)
        elif op == "BatchNormalization":
            trains = node.input[1] in constants and node.input[3] in constants
            out = F.batch_norm(i[0], None if trains else i[3], None if trains else i[4], i[1], i[2], trains, 0, a.get("epsilon", 1e-5))
        elif op == "Relu": out = F.relu(i[0])
        elif op == "Add": out = i[0] + i[1]
        elif op == "Sub": out = i[0] - i[1]
        elif op == "Mul": out = i[0] * i[1]
        elif op == "Div": out = i[0] // i[1] if not torch.is_tensor(i[0]) else i[0] / i[1]
        elif op == "Slice": out = slice_(*i)
        elif op == "Pad": out = pad(*i)
        elif op == "GlobalAveragePool": out = i[0].mean((2, 3), keepdim=True)
        elif op == "ReduceMean": out = i[0].mean(a.get("axes") or ints(i[1]), keepdim=a.get("keepdims", 1) == 1)
        elif op == "Flatten": out = i[0].flatten(a.get("axis", 1))
        elif op == "Gemm": out = a.get("alpha", 1) * (i[0] @ (i[1].T if a.get("transB") else i[1])) + a.get("beta", 1) * i[2]
        elif op == "Identity": out = i[0]
        elif op == "Shape": out = np.array(i[0].shape)[a.get("start", 0):a.get("end")]
        elif op == "Gather": out = np.take(i[0], i[1], a.get("axis", 0))
        elif op == "Unsqueeze": out = np.expand_dims(i[0], tuple(ints(i[1]))) if not torch.is_tensor(i[0]) else i[0][(None,)]
        elif op == "Squeeze": out = np.squeeze(i[0], tuple(ints(i[1])) if len(i) > 1 else None)
        elif op == "Cast":
            to = onnx.helper.tensor_dtype_to_np_dtype(a["to"])
            out = i[0] if torch.is_tensor(i[0]) else np.asarray(i[0]).astype(to)
        elif op == "CastLike": out = i[0]
        elif op == "ConstantOfShape": out = np.full(ints(i[0]), numpy_helper.to_array(a["value"])[0] if "value" in a else 0)
        elif op == "Concat": out = torch.cat(i, a["axis"]) if torch.is_tensor(i[0]) else np.concatenate(i, a["axis"])
        elif op == "Reshape": out = i[0].reshape(ints(i[1]))
        elif op == "Transpose": out = i[0].permute(a["perm"]) if torch.is_tensor(i[0]) else np.transpose(i[0], a["perm"])
        elif op == "Expand": out = i[0].expand(torch.broadcast_shapes(i[0].shape, tuple(ints(i[1])))) if torch.is_tensor(i[0]) else np.broadcast_to(i[0], ints(i[1]))
        else: raise SystemExit(f"no {op} here")
        values[node.output[0]] = cast(out)
    return F.cross_entropy(values[proto.graph.output[0].name], torch.tensor(y))


layout = json.load(open(layout_path))
RATE = 1024.0


def torch_gradients(dtype):
    leaves = {s["name"]: torch.tensor(constants[s["name"]]).to(dtype).requires_grad_() for s in layout["weights"]}
    loss = evaluate(dtype, leaves)
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
