"""V2 over gRPC by tritonclient, whose messages cannot live in one process with KServe's.

Arguments: address, the route's host name, rows as JSON. Prints the probabilities of default as JSON.
"""

import json
import sys

import numpy as np
from tritonclient import grpc

address, host, rows = sys.argv[1], sys.argv[2], np.array(json.loads(sys.argv[3]), dtype=np.float64)
sent = grpc.InferInput("rows", list(rows.shape), "FP64")
sent.set_data_from_numpy(rows)
with grpc.InferenceServerClient(address, channel_args=[("grpc.default_authority", host)]) as client:
    answer = client.infer("cash_advance", [sent])
print(json.dumps(answer.as_numpy("default_probability").tolist()))  # noqa: T201 - the test reads it
