"""ONNX Runtime, which computes in float32."""

import lightgbm
import numpy as np
import onnxmltools
import onnxruntime
from onnxmltools.convert.common.data_types import FloatTensorType

from benchmarks.contestant import Answer, Contestant
from benchmarks.trees_model import FEATURES, TreesModel
from forest.engine import Floats

_ERRORS = 3
"""It would warn of the shape of the label, an output that is not asked for."""


def _load(model: TreesModel) -> Answer:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS
    session = onnxruntime.InferenceSession(_converted(model), options, providers=["CPUExecutionProvider"])

    def margins(rows: Floats) -> Floats:
        scores = session.run(["probabilities"], {"rows": rows.astype(np.float32)})[0]
        found: Floats = scores[:, 1]
        return found

    return margins


def _converted(model: TreesModel) -> bytes:
    booster = lightgbm.Booster(model_str=model.text)
    inputs = [("rows", FloatTensorType([None, FEATURES]))]
    converted = onnxmltools.convert_lightgbm(booster, initial_types=inputs, zipmap=False)
    for node in converted.graph.node:
        for attribute in node.attribute:
            if attribute.name == "post_transform":
                attribute.s = b"NONE"  # margins, as of the others, and not their logistic
    content: bytes = converted.SerializeToString()
    return content


CONTESTANT = Contestant("ONNX Runtime", onnxruntime.__version__, _load, tolerance=1e-4, remark="float32")
