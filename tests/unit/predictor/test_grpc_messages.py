"""Messages that cannot be read, and texts that travel in headers."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from predictor.grpc_messages import short_enough
from predictor.v2_grpc import parse_grpc, reading_cost

HEADERS = 8192


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["x" * 10_000, "\0" * 10_000, "€" * 10_000]))
def test_a_text_fits_into_the_headers_of_an_answer(text):
    short = short_enough(text)
    assert len(quote(short)) < HEADERS - 1000
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]) and len(short) > 600)


def test_each_tensor_of_a_message_costs_something_to_read():
    message = pb.ModelInferRequest(inputs=[pb.ModelInferRequest.InferInputTensor()] * 1000)
    assert message.ByteSize() == 2000
    assert reading_cost(message) > 16_384  # so that it leaves the event loop


@pytest.mark.parametrize("field", ["bool", "int", "int64", "uint", "uint64", "fp32", "bytes"])
def test_content_of_another_datatype_is_not_passed_over(field):
    value = b"x" if field == "bytes" else 1
    contents = pb.InferTensorContents(fp64_contents=[1.0], **{f"{field}_contents": [value]})
    tensor = pb.ModelInferRequest.InferInputTensor(name="a", datatype="FP64", shape=[1], contents=contents)
    with pytest.raises(Exception, match=rf"^tensor a: has {field}_contents; values of FP64 are in fp64_contents$"):
        parse_grpc(pb.ModelInferRequest(inputs=[tensor]))


@pytest.mark.parametrize("datatype", ["FP128", "bytes", ""])
def test_a_datatype_that_is_none_is_named_as_such_whatever_its_content(datatype):
    contents = pb.InferTensorContents(fp64_contents=[1.0], fp32_contents=[1.0])
    tensor = pb.ModelInferRequest.InferInputTensor(name="a", datatype=datatype, shape=[1], contents=contents)
    with pytest.raises(Exception, match=r"^tensor a(, datatype: 1 to 256 characters|: datatype '.+' holds no feature)"):
        parse_grpc(pb.ModelInferRequest(inputs=[tensor]))
