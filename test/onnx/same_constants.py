"""Says whether two ONNX files hold equal initializers, wherever their bytes are, and where the second file's are."""
import sys

import numpy as np
import onnx
from onnx import numpy_helper

first, second = (onnx.load(path) for path in sys.argv[1:])
where = onnx.load(sys.argv[2], load_external_data=False)
for a, b in zip(first.graph.initializer, second.graph.initializer, strict=True):
    np.testing.assert_array_equal(numpy_helper.to_array(a), numpy_helper.to_array(b))
files = {entry.value for tensor in where.graph.initializer for entry in tensor.external_data if entry.key == "location"}
print(f"{len(first.graph.initializer)} equal constants, the second of each in {' '.join(files)}")
