"""The server itself: metrics, its start and its refusals to start."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from credit.bundle.errors import BundleError
from credit.bundle.reader import load_bundle
from credit.scores import score_rows
from predictor.errors import ServerError
from predictor.server import ServeSettings, serve
from tests.postgres.serving.requests import INFER, ROWS, check_refused, infer, tensor
from tests.unit.predictor.serving_example import A2_BODY, PORTFOLIO, example_bundle, example_rows


def test_without_a_database_scores_are_refused_with_the_reason(scoring):
    answer = scoring.post("/score", A2_BODY)
    check_refused(answer, 503, "this server has no database, and a score must leave an audit: set DATABASE_URL")
    assert answer[1]["retry-after"] == "2"


def test_metrics_tell_requests_rows_scores_and_the_model(scoring, bundle):
    infer(scoring, tensor())
    scoring.post("/score", "")
    page = scoring.get("/metrics")[2].decode()
    version = bundle.engine.version
    for line in (
        'blink_requests_total{protocol="http",route="/score",status="400"} ',
        'blink_request_seconds_count{protocol="http",route="/v2/models/{name}/infer"} ',
        'blink_scored_rows_total{audited="false",portfolio="cash_advance"} ',
        f'blink_default_probability_count{{model_id="{bundle.model_id}",portfolio="cash_advance"}} ',
        f'blink_model_info{{engine_version="{version}",model_id="{bundle.model_id}",portfolio="cash_advance"}} 1.0',
    ):
        assert line in page


def test_answers_given_at_once_are_those_given_alone(scoring, bundle):
    rows = example_rows(rows=40, seed=3)
    outputs = [{"name": "margin"}, {"name": "shap_values"}]

    def ask(row):
        status, answer = infer(scoring, tensor(data=row.tolist()), outputs=outputs)
        return status, [output["data"] for output in answer["outputs"]]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, rows))
    scored = score_rows(bundle, rows)
    assert answers == [(200, [[scored.margins[n]], scored.contributions[n].tolist()]) for n in range(len(rows))]


def test_the_server_says_its_own_name_and_version_in_both_protocols(scoring):
    async def ask():
        async with grpc.aio.insecure_channel(scoring.grpc) as channel:
            return await GRPCInferenceServiceStub(channel).ServerMetadata(pb.ServerMetadataRequest())

    said, over_grpc = json.loads(scoring.get("/v2")[2]), asyncio.run(ask())
    assert (said["name"], said["version"]) == (over_grpc.name, over_grpc.version) == ("blinkscoring", "1.2.3")


def test_clients_cannot_load_or_unload_models(scoring):
    async def ask():
        async with grpc.aio.insecure_channel(scoring.grpc) as channel:
            unload = channel.unary_unary("/inference.GRPCInferenceService/RepositoryModelUnload")
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await unload(b"")
            return refused.value.code()

    assert asyncio.run(ask()) is grpc.StatusCode.UNIMPLEMENTED
    assert scoring.get("/v2/health/ready")[0] == 200


def test_a_taken_port_is_said_at_the_start(scoring, bundle):
    settings = ServeSettings(portfolio=PORTFOLIO, bundle=bundle.path, http_port=scoring.listening.http_port)
    with pytest.raises(ServerError, match=f"HTTP cannot listen on 127.0.0.1:{settings.http_port}"):
        serve(settings)


def test_a_taken_grpc_port_is_said_at_the_start(scoring, bundle):
    port = scoring.listening.grpc_port
    settings = ServeSettings(portfolio=PORTFOLIO, bundle=bundle.path, http_port=0, grpc_port=port)
    with pytest.raises(ServerError, match=f"gRPC cannot listen on 127.0.0.1:{port}"):
        serve(settings)


def test_a_damaged_bundle_is_not_served(tmp_path):
    path = example_bundle(tmp_path).path
    file = path / "calibration.json"
    file.write_bytes(file.read_bytes().replace(b"1.25", b"1.26"))
    with pytest.raises(BundleError, match=r"calibration\.json"):
        serve(ServeSettings(portfolio=PORTFOLIO, bundle=path))


def test_nothing_to_serve_is_said_at_the_start(tmp_path):
    with pytest.raises(ServerError, match="nothing to serve: give a bundle, or a database"):
        serve(ServeSettings(portfolio=PORTFOLIO, model_dir=tmp_path))


def test_the_answers_are_those_of_the_bundle_on_disk(bundle, scoring, expected):
    again = score_rows(load_bundle(bundle.path), ROWS).default_probabilities.tolist()
    assert again == expected
    body = json.dumps({"inputs": [tensor(shape=list(ROWS.shape), data=ROWS.ravel().tolist())]})
    assert json.loads(scoring.post(INFER, body)[2])["outputs"][0]["data"] == expected
