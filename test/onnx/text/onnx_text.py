"""Lets the onnx package print and parse models: `onnx_text.py print|parse FOLDER` turns each *.onnx of the folder into
*.onnx.txt, or each *.txt into *.txt.onnx. What it cannot do is a line `NAME: reason` on standard output."""

import pathlib
import sys

import onnx
from onnx import parser, printer

action, folder = sys.argv[1:]
for path in sorted(pathlib.Path(folder).glob("*.onnx" if action == "print" else "*.txt")):
    try:
        if action == "print":
            text = printer.to_text(onnx.load(path, load_external_data=False))
            path.with_name(path.name + ".txt").write_text(text, encoding="utf-8", newline="")
        else:
            model = parser.parse_model(path.read_bytes().decode("utf-8"))
            path.with_name(path.name + ".onnx").write_bytes(model.SerializeToString())
    except Exception as error:  # noqa: BLE001
        print(f"{path.name}: {str(error).splitlines()[-1]}")
