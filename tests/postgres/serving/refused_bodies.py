"""Bad bodies of V2 inference, JSON and binary, and what they are refused with."""

import json
from dataclasses import replace
from math import nan

from tests.postgres.serving.conformance_requests import (
    BINARY_TYPE,
    CODED,
    LENGTH,
    NEEDED,
    PREDICT,
    ROW,
    SIZE,
    WIDTH,
    Bad,
    Request,
    announced,
    as_json,
    binary,
    by_name,
    infer,
    packed,
    with_value,
)
from tests.postgres.serving.requests import tensor

TWICE = b', "4e1f": 0}}'
NOTHINGS = (
    ("false", False, "the boolean false"),
    ("0", 0, "the number 0"),
    ("an empty text", "", 'the string ""'),
    ("an empty list", [], "a list"),
    ("an empty object", {}, "an object"),
)
"""What is absent in other languages: how it is called, and in messages."""


def of_two_rows() -> list[dict]:
    """A tensor of two rows for each feature but the first."""
    return [one for one in by_name(ROW, shape=[2], data=[1.0, 1.0]) if one["name"] != NEEDED]


OF_BODIES = (
    Bad("no body", Request(), "body: is empty; a JSON text is needed"),
    Bad("malformed JSON", Request(b'{"inputs": [}'), "body, line 1 column 13: malformed JSON: "),
    Bad("half of a body", Request(json.dumps({"inputs": [tensor()]}).encode()[:40]), "body, line 1 column "),
    Bad(
        "something behind the JSON",
        Request(json.dumps({"inputs": [tensor()]}).encode() + b"{}"),
        "body, line 1 column ",
    ),
    Bad("bytes that are not UTF-8", Request(b'{"inputs": "\xff"}'), "body: byte 12 is not UTF-8"),
    Bad("a key given twice", Request(b'{"inputs": [], "inputs": []}'), "inputs: the key is given twice in one object"),
    Bad(
        "a key given twice within a tensor",
        Request(json.dumps({"inputs": [tensor()]}).replace('"shape"', '"name": "rows", "shape"').encode()),
        "name: the key is given twice in one object",
    ),
    Bad(
        "a key given twice, once escaped",
        Request(b'{"inputs": [], "\\u0069nputs": []}'),
        "inputs: the key is given twice in one object",
    ),
    Bad(
        "a key given twice behind 20,000 others",
        Request(json.dumps({"inputs": [], "parameters": {f"{n:x}": 0 for n in range(20_000)}}).encode()[:-2] + TWICE),
        "4e1f: the key is given twice in one object",
    ),
    Bad("nested too deeply", Request(b"[" * 100_000), "body: is nested too deeply"),
    Bad("a list", as_json([]), "body: an object is needed, not a list"),
    Bad("an unknown field", infer(tensor(), mine=1), "mine: unknown field; there are id, model_name, "),
    Bad(
        "an unknown field of a tensor", infer(tensor(mine=1)), "inputs[0].mine: unknown field; there are name, shape, "
    ),
    Bad("inputs are an object", as_json({"inputs": {}}), "inputs: a list is needed, not an object"),
    Bad("a tensor is a number", infer(tensor(), 7), "inputs[1]: an object is needed, not the number 7"),
    Bad("no name", infer(tensor(name=...)), "inputs[0].name: is missing"),
    Bad("no shape", infer(tensor(shape=...)), "inputs[0].shape: is missing"),
    Bad("no datatype", infer(tensor(datatype=...)), "inputs[0].datatype: is missing"),
    Bad(
        "a datatype that is none",
        infer(tensor(datatype="FP128")),
        "tensor rows: datatype 'FP128' holds no feature; use one of FP32, FP64, ",
    ),
    Bad(
        "a shape of fractions",
        infer(tensor(shape=[1.0, WIDTH])),
        "tensor rows: its shape must be one or two whole numbers of at least 0",
    ),
    Bad(
        "a shape of three dimensions",
        infer(tensor(shape=[1, 1, WIDTH])),
        "tensor rows: its shape must be one or two whole numbers of at least 0",
    ),
    Bad(
        "a dimension beyond the limit",
        infer(tensor(shape=[2**31, WIDTH])),
        "tensor rows: its shape must be one or two whole numbers of at least 0 and at most 2147483647",
    ),
    Bad(
        "values too many",
        infer(tensor(data=[1.0] * (WIDTH + 1))),
        f"tensor rows: {WIDTH + 1} values; shape [1, {WIDTH}] has {WIDTH}",
    ),
    Bad(
        "a number beyond a double",
        Request(json.dumps({"inputs": [tensor()]}).replace("1.5", "1e999").encode()),
        "tensor rows, row 0, column 0: infinity is not a value",
    ),
    Bad("a whole number beyond a double", infer(tensor(data=[10**350, *ROW[1:]])), "tensor rows, row 0, column 0: 1"),
    Bad(
        "a number of 5000 digits",
        Request(json.dumps({"inputs": [tensor()]}).replace("1.5", "9" * 5000, 1).encode()),
        "body: a number has 5000 digits",
    ),
    Bad(
        "a fraction for INT64 among whole numbers",
        infer(tensor(datatype="INT64", data=[1] * (WIDTH - 1) + [0.5])),
        f"tensor rows, row 0, column {WIDTH - 1}: a whole number or null is needed, not the number 0.5",
    ),
    Bad(
        "a negative number for UINT8",
        infer(tensor(datatype="UINT8", data=[-1] * WIDTH)),
        "tensor rows, row 0, column 0: -1 is beyond the range of UINT8",
    ),
    Bad(
        "missing where the feature may not be missing",
        infer(tensor(data=with_value(0, None))),
        f"row 0, feature {NEEDED}: must not be missing",
    ),
    Bad(
        "missing where it may not, as binary NaN, in the second row",
        binary([announced(2 * SIZE, shape=[2, WIDTH])], packed("d", *ROW, nan, *ROW[1:])),
        f"row 1, feature {NEEDED}: must not be missing",
    ),
    Bad(
        "missing where it may not, V1",
        as_json({"instances": [{}]}, path=PREDICT),
        f"row 0, feature {NEEDED}: must not be missing",
    ),
    Bad(
        "a category that is no code",
        infer(tensor(data=with_value(1, 0.5))),
        f"row 0, feature {CODED}: 0.5 is no code of a category",
    ),
    Bad(
        "a code beyond the list of categories, in the second row",
        infer(tensor(shape=[2, WIDTH], data=[*ROW, *with_value(1, 3.0)])),
        f"row 1, feature {CODED}: 3.0 is no code of a category; the model has 0 (never) to 2 (often); null stands for ",
    ),
    Bad(
        "a code beyond the list of categories, V1",
        as_json({"instances": [{NEEDED: 1, CODED: 3}]}, path=PREDICT),
        f"row 0, feature {CODED}: 3.0 is no code of a category; the model has 0 (never) to 2 (often)",
    ),
    Bad(
        "a text for a number, in the second row",
        infer(*of_two_rows(), tensor(name=NEEDED, shape=[2], datatype="BYTES", data=[None, "x"])),
        f'tensor {NEEDED}, row 1: a number or null is needed, not the string "x"',
    ),
    Bad(
        "a number among texts",
        infer(*of_two_rows(), tensor(name=CODED, shape=[2], datatype="BYTES", data=["once", 1])),
        f"tensor {CODED}, row 1: a string or null is needed, not the number 1",
    ),
    Bad(
        "a text in a tensor of numbers",
        infer(tensor(data=with_value(1, "once"))),
        'tensor rows, row 0, column 1: a number or null is needed, not the string "once"',
    ),
    Bad(
        "a text for a number, V1",
        as_json({"instances": [{NEEDED: "12"}]}, path=PREDICT),
        f'instances[0].{NEEDED}: a number or null is needed, not the string "12"',
    ),
    *(
        Bad(f"outputs are {name}", infer(tensor(), outputs=value), f"outputs: a list is needed, not {called}")
        for name, value, called in NOTHINGS
        if value != []
    ),
    Bad("outputs are text", infer(tensor(), outputs="margin"), 'outputs: a list is needed, not the string "margin"'),
    Bad(
        "outputs more than there are",
        infer(tensor(), outputs=[{"name": "margin"}] * 7),
        "outputs: 7 of them; there are default_probability, margin, ",
    ),
    Bad("an output without a name", infer(tensor(), outputs=[{}]), "outputs[0].name: is missing"),
    Bad(
        "a switch that is a number",
        infer(tensor(), parameters={"binary_data_output": 1}),
        "parameters.binary_data_output: true or false is needed, not the number 1",
    ),
    Bad("parameters are a list", infer(tensor(), parameters=[]), "parameters: an object is needed, not a list"),
    Bad(
        "a subject with a NUL",
        infer(tensor(), parameters={"subject_id": "a\0"}),
        "parameters.subject_id: control characters and lone surrogates are not allowed",
    ),
    *(
        Bad(
            f"a subject with {name}",
            infer(tensor(), parameters={"subject_id": f"a{control}"}),
            "parameters.subject_id: control characters and lone surrogates are not allowed",
        )
        for name, control in (("a DEL", "\x7f"), ("a control character beyond ASCII", "\x85"))
    ),
    *(
        Bad(f"an id that is {name}", infer(tensor(), id=value), f"id: a string is needed, not {called}")
        for name, value, called in NOTHINGS
        if value != ""
    ),
    Bad("an id of 257 characters", infer(tensor(), id="x" * 257), "id: 1 to 256 characters are needed, not 257"),
)

OF_BINARY = (
    Bad(
        "truncated binary",
        binary([announced(SIZE)], packed("d", *ROW)[:-1]),
        f"tensor rows: binary_data_size is the number {SIZE}; {SIZE - 1} bytes are left in the body",
    ),
    Bad(
        "bytes behind the last tensor",
        binary([announced(SIZE)], packed("d", *ROW), b"\0"),
        "body: 1 bytes behind the last tensor's",
    ),
    Bad(
        "binary of another size than the shape's",
        binary([announced(SIZE - 8)], packed("d", *ROW[1:])),
        f"tensor rows: {SIZE - 8} bytes; FP64 of shape [1, {WIDTH}] has {SIZE}",
    ),
    Bad(
        "binary of a huge shape",
        binary([announced(8, shape=[2**31 - 1, WIDTH])], packed("d", 1.0)),
        f"tensor rows: 8 bytes; FP64 of shape [2147483647, {WIDTH}] has ",
    ),
    Bad(
        "a binary size below 0",
        binary([announced(-1)], b""),
        "tensor rows: binary_data_size is the number -1; 0 bytes are left in the body",
    ),
    Bad(
        "a binary size that is text",
        binary([announced("8")], packed("d", 1.0)),
        'tensor rows: binary_data_size is the string "8"; 8 bytes are left in the body',
    ),
    Bad(
        "data and binary at once",
        binary([tensor(parameters={"binary_data_size": 8})], packed("d", 1.0)),
        "tensor rows: has both data and binary_data_size",
    ),
    Bad(
        "a JSON length that is no number",
        binary([announced(SIZE)], packed("d", *ROW), length="ten"),
        f"{LENGTH}: a number of bytes is needed",
    ),
    Bad(
        "a JSON length given twice",
        binary([announced(SIZE)], packed("d", *ROW), length=f"20\r\n{LENGTH}: 20"),
        f"{LENGTH}: stands there 2 times; one is needed",
    ),
    Bad(
        "a JSON length below 0",
        binary([announced(SIZE)], packed("d", *ROW), length="-1"),
        f"{LENGTH}: a number of bytes is needed",
    ),
    Bad(
        "a JSON length over the body's",
        binary([announced(SIZE)], packed("d", *ROW), length="99999"),
        f"{LENGTH}: 99999, but the body has ",
    ),
    Bad(
        "a JSON length that cuts the JSON",
        binary([announced(SIZE)], packed("d", *ROW), length="20"),
        "body, line 1 column ",
    ),
    Bad(
        "a JSON length of 0",
        binary([announced(SIZE)], packed("d", *ROW), length="0"),
        "body: is empty; a JSON text is needed",
    ),
    Bad(
        "binary without the JSON's length",
        replace(binary([announced(SIZE)], packed("d", *ROW)), headers=BINARY_TYPE),
        "body",
    ),
    Bad(
        "binary text in the tensor of all features",
        binary([announced(5, datatype="BYTES", shape=[1])], b"\1\0\0\0x"),
        "tensor rows: BYTES holds texts of one category, in a tensor of the feature's name; the model has ",
    ),
    Bad(
        "binary text for a number",
        binary([announced(10, name=NEEDED, datatype="BYTES", shape=[2]), *of_two_rows()], b"\1\0\0\0x\1\0\0\0y"),
        f'tensor {NEEDED}, row 0: a number or null is needed, not the string "x"',
    ),
    Bad(
        "binary text that is cut off",
        binary([announced(5, name=CODED, datatype="BYTES", shape=[1])], b"\2\0\0\0x"),
        f"tensor {CODED}, row 0: a string of 2 bytes; 1 bytes are left",
    ),
    Bad(
        "binary text that is not UTF-8",
        binary([announced(5, name=CODED, datatype="BYTES", shape=[1])], b"\1\0\0\0\xff"),
        f"tensor {CODED}, row 0: byte 0 is not UTF-8",
    ),
    Bad(
        "texts too few",
        binary([announced(5, name=CODED, datatype="BYTES", shape=[2])], b"\1\0\0\0x"),
        f"tensor {CODED}: 1 values; shape [2] has 2",
    ),
)
