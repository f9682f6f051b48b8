"""Compares pairs of ONNX files: prints a JSON list of the second files whose messages differ from the first's."""
import json
import sys

import onnx


def message(path):
    model = onnx.ModelProto()
    with open(path, "rb") as file:
        model.ParseFromString(file.read())
    # Compares unknown fields, presence and NaNs too, which == does not.
    return model.SerializeToString(deterministic=True)


pairs = json.load(sys.stdin)
print(json.dumps([second for first, second in pairs if message(first) != message(second)]))
