"""An ONNX model run by PyTorch, node by node: what check-gradients.py and bench/training.py compare with."""
import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper


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


class Network:
    """The operators that small classifiers consist of; anything else ends the program with its name."""

    def __init__(self, path):
        self.graph = onnx.load(path).graph
        self.constants = {t.name: numpy_helper.to_array(t) for t in self.graph.initializer}
        self.input = next(i.name for i in self.graph.input if i.name not in self.constants)
        self.attributes = [{t.name: onnx.helper.get_attribute_value(t) for t in node.attribute} for node in self.graph.node]

    def tensors(self, dtype=torch.float32):
        """The constants: float ones as tensors, shapes and indices as arrays."""
        return {n: torch.tensor(c).to(dtype) if c.dtype == np.float32 else c for n, c in self.constants.items()}

    def run(self, x, tensors, training):
        """The first output; while training with batch statistics wherever topiary takes them."""
        dtype = x.dtype
        values = {**tensors, self.input: x}
        cast = lambda v: v.numpy() if torch.is_tensor(v) and not v.is_floating_point() else v
        for node, a in zip(self.graph.node, self.attributes):
            i = [values[n] if n else None for n in node.input]
            op = node.op_type
            if op == "Constant":
                (kind, value), = a.items()
                array = numpy_helper.to_array(value) if kind == "value" else np.array(value, np.float32 if "float" in kind else np.int64)
                out = torch.tensor(array).to(dtype) if array.dtype == np.float32 else array
            elif op == "Conv": out = conv(a, *i)
            elif op == "BatchNormalization":
                trains = training and node.input[1] in self.constants and node.input[3] in self.constants
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
        return values[self.graph.output[0].name]
