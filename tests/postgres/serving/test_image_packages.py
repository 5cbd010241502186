"""A server with nothing but what its image has, asked through every protocol."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import grpc
import numpy as np
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from credit.database import models
from credit.database.models import ModelStatus
from tests.postgres.serving.requests import INFER, ROWS, tensor
from tests.postgres.serving.served import registered
from tests.unit.predictor.serving_example import NAMES, Server, server_process, until_ready

ROOT = Path(__file__).parents[3]
BRINGING = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "tests/unit/predictor")!r})
from only_locked import like_image
like_image(Path({str(ROOT)!r}), "predictor")
from blink.cli.main import run
from credit.model_store.s3 import client_of
from credit.model_store.s3_access import S3Access
client_of(S3Access(region="eu-central-1"))
sys.exit(run(["serve", "--log-format", "json"]))
"""
ROW = {"instances": [{"metric_total_balance": 5000}]}
GET = ("/", "/v2", "/metrics", "/v2/models", "/v2/models/cash_advance", "/v2/health/live", "/v1/models/cash_advance")


def over_grpc(server: Server) -> list[float]:
    async def ask() -> list[float]:
        async with grpc.aio.insecure_channel(server.grpc) as channel:
            rows = pb.ModelInferRequest.InferInputTensor(name="rows", datatype="FP64", shape=ROWS.shape)
            rows.contents.fp64_contents.extend(ROWS.ravel().tolist())
            stub = GRPCInferenceServiceStub(channel)
            assert (await stub.ModelMetadata(pb.ModelMetadataRequest(name="cash_advance"))).versions
            answer = await stub.ModelInfer(pb.ModelInferRequest(model_name="cash_advance", inputs=[rows]))
            return np.frombuffer(answer.raw_output_contents[0]).tolist()

    return asyncio.run(ask())


def binary() -> tuple[bytes, dict[str, str]]:
    fields = {"name": "rows", "shape": [1, len(NAMES)], "datatype": "FP64"}
    head = json.dumps({"inputs": [{**fields, "parameters": {"binary_data_size": 8 * len(NAMES)}}]}).encode()
    return head + ROWS[0].tobytes(), {"Inference-Header-Content-Length": str(len(head))}


def test_the_predictor_serves_with_what_its_image_has(database, bundle, expected):
    with database.engine("blink_trainer").begin() as connection:
        models.register(connection, registered(bundle, ModelStatus.CHAMPION))
    with server_process(bundle=str(bundle.path), url=database.url, image="predictor") as running:
        until_ready(running)
        assert [running.get(path)[0] for path in GET] == [200] * len(GET)
        whole = json.dumps({"inputs": [tensor(shape=list(ROWS.shape), data=ROWS.ravel().tolist())]})
        assert json.loads(running.post(INFER, whole)[2])["outputs"][0]["data"] == expected
        assert running.post(INFER, *binary())[0] == 200
        assert over_grpc(running) == expected
        assert running.post("/v1/models/cash_advance:predict", json.dumps(ROW))[0] == 200
        explained = json.loads(running.post("/v1/models/cash_advance:explain", json.dumps(ROW))[2])
        assert "predictions" in explained
        while (answer := running.post("/score", '{"user_id": "poor", "features": {}}'))[0] == 503:
            assert running.alive()
        assert answer[0] == 200


def test_the_predictor_brings_a_model_with_what_its_image_has(monkeypatch, tmp_path):
    monkeypatch.setenv("MODEL_SOURCE", str(tmp_path / "absent"))
    done = subprocess.run([sys.executable, "-c", BRINGING], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"blink: no complete model at {tmp_path}/absent: manifest.sha256 is not there")
