"""Sends requests, given as JSON on standard input, through tritonclient's gRPC; prints what each was answered.

In a process of its own: its messages cannot live in one with KServe's.
"""

import json
import sys

import numpy as np
from tritonclient import grpc


def tensor(said: dict) -> grpc.InferInput:
    texts = said["datatype"] == "BYTES"
    values = np.array(said["values"] if texts else [float.fromhex(value) for value in said["values"]])
    array = values.astype(said["dtype"]).reshape(said["shape"])
    sent = grpc.InferInput(said["name"], said["shape"], said["datatype"])
    sent.set_data_from_numpy(array)
    return sent


def answer(client: grpc.InferenceServerClient, asked: dict) -> list:
    outputs = [grpc.InferRequestedOutput(name) for name in asked["outputs"]]
    try:
        given = client.infer(asked["model"], [tensor(said) for said in asked["tensors"]], outputs=outputs)
    except grpc.InferenceServerException as error:
        return [error.status().partition(".")[2], error.message()]
    return ["OK", given.as_numpy("default_probability").tolist()]


with grpc.InferenceServerClient(sys.argv[1]) as client:
    print(json.dumps([answer(client, asked) for asked in json.load(sys.stdin)]))  # noqa: T201 - the test reads it
