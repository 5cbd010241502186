"""Asks a server through tritonclient's gRPC, whose messages cannot live in one process with KServe's."""

import json
import sys

import numpy as np
from tritonclient import grpc

address, names, rows = sys.argv[1], json.loads(sys.argv[2]), np.array(json.loads(sys.argv[3]))


def whole() -> list[grpc.InferInput]:
    tensor = grpc.InferInput("rows", list(rows.shape), "FP64")
    tensor.set_data_from_numpy(rows)
    return [tensor]


def by_name() -> list[grpc.InferInput]:
    tensors = [grpc.InferInput(name, [len(rows)], "FP32") for name in names]
    for column, tensor in enumerate(tensors):
        tensor.set_data_from_numpy(rows[:, column].astype(np.float32))
    return tensors


def refused(client: grpc.InferenceServerClient, model: str, tensors: list[grpc.InferInput]) -> list[str]:
    try:
        client.infer(model, tensors)
    except grpc.InferenceServerException as error:
        return [error.status(), error.message().split(" (request ")[0]]
    return ["answered"]


def unready(client: grpc.InferenceServerClient, version: str) -> list[object]:
    try:
        return ["ready", client.is_model_ready("cash_advance", version)]
    except grpc.InferenceServerException as error:
        return [error.status(), error.message().partition(";")[0]]


with grpc.InferenceServerClient(address) as client:
    outputs = [grpc.InferRequestedOutput(name) for name in ("default_probability", "shap_values", "reason_codes")]
    answer = client.infer("cash_advance", whole(), outputs=outputs, request_id="mine")
    wrong = grpc.InferInput("rows", [1, 3], "FP64")
    wrong.set_data_from_numpy(np.zeros((1, 3)))
    large = grpc.InferInput("rows", [10_000, len(names)], "FP64")
    large.set_data_from_numpy(np.zeros((10_000, len(names))))
    said = {
        "ready": [client.is_server_live(), client.is_server_ready(), client.is_model_ready("cash_advance")],
        "versions": list(client.get_model_metadata("cash_advance").versions),
        "id": answer.get_response().id,
        "version": answer.get_response().model_version,
        "probabilities": answer.as_numpy("default_probability").tolist(),
        "shap_shape": list(answer.as_numpy("shap_values").shape),
        "codes_shape": list(answer.as_numpy("reason_codes").shape),
        "by_name": client.infer("cash_advance", by_name()).as_numpy("default_probability").tolist(),
        "wrong_shape": refused(client, "cash_advance", [wrong]),
        "unknown_model": refused(client, "nothing", whole()),
        "other_version": unready(client, "model_cash_advance_19700101_000000"),
        "too_large": refused(client, "cash_advance", [large])[0],
    }
print(json.dumps(said))  # noqa: T201 - the test reads it
