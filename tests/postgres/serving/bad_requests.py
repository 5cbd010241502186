"""Bad requests by name, each with the body and the beginning of the error that it must get."""

import json

from tests.postgres.serving.requests import tensor
from tests.unit.predictor.serving_example import NAMES

WHOLE = f"[n, {len(NAMES)}], one column a feature in the model's order, or one tensor a feature by its name, is needed"

TWO_ROWS = "parameters.subject_id: one row is needed, not 2: it is one subject's score"

BAD_SCORES = {
    "unknown feature": ('{"user_id": "u", "features": {"nope": 1}}', "features.nope: unknown feature; the model has "),
    "string for number": (
        '{"user_id": "u", "features": {"metric_total_balance": "1200"}}',
        'features.metric_total_balance: a number or null is needed, not the string "1200"',
    ),
    "bool for number": (
        '{"user_id": "u", "features": {"metric_total_balance": true}}',
        "features.metric_total_balance: a number or null is needed, not the boolean true",
    ),
    "infinity": (
        '{"user_id": "u", "features": {"metric_total_balance": -Infinity}}',
        "features.metric_total_balance: infinity is not a value; null stands for unknown",
    ),
    "too large a number": (
        '{"user_id": "u", "features": {"metric_total_balance": 1e999}}',
        "features.metric_total_balance: infinity is not a value",
    ),
    "too large a whole number": (
        '{"user_id": "u", "features": {"metric_total_balance": 1' + "0" * 350 + "}}",
        "features.metric_total_balance: the number is beyond the range of a double",
    ),
    "far too many digits": (
        '{"user_id": "u", "features": {"x": ' + "9" * 5000 + "}}",
        "body: a number has 5000 digits",
    ),
    "empty body": ("", "body: is empty; a JSON text is needed"),
    "blank body": ("  \n", "body: is empty; a JSON text is needed"),
    "empty list": ("[]", "body: the list is empty; at least one subject is needed"),
    "malformed": ('{"user_id": "u",}', "body, line 1 column 17: malformed JSON: "),
    "not UTF-8": (b'{"user_id": "\xff"}', "body: byte 13 is not UTF-8"),
    "too deep": ("[" * 100_000, "body: is nested too deeply"),
    "repeated key": ('{"user_id": "u", "user_id": "v"}', "user_id: the key is given twice in one object"),
    "repeated feature": (
        '{"user_id": "u", "features": {"metric_total_balance": 1, "metric_total_balance": 2}}',
        "metric_total_balance: the key is given twice in one object",
    ),
    "no user": ('{"features": {}}', "user_id: is missing"),
    "user is a number": ('{"user_id": 7}', "user_id: a string is needed, not the number 7"),
    "user is empty": ('{"user_id": ""}', "user_id: 1 to 256 characters are needed, not 0"),
    "user holds a NUL": ('{"user_id": "a\\u0000"}', "user_id: control characters and lone surrogates are not allowed"),
    "user holds a control character beyond ASCII": (
        '{"user_id": "a\\u0085"}',
        "user_id: control characters and lone surrogates are not allowed",
    ),
    "user is half a character": (
        '{"user_id": "\\ud800"}',
        "user_id: control characters and lone surrogates are not allowed",
    ),
    "unknown field": ('{"user_id": "u", "amount": 1}', "amount: unknown field; there are user_id, features"),
    "features are null": ('{"user_id": "u", "features": null}', "features: an object is needed, not null"),
    "features are a list": ('{"user_id": "u", "features": [1]}', "features: an object is needed, not a list"),
    "second of a list": ('[{"user_id": "u"}, {"user_id": 7}]', "[1].user_id: a string is needed, not the number 7"),
    "a text": ('"u"', 'body: an object is needed, not the string "u"'),
    "too many": (json.dumps([{"user_id": "u"}] * 1001), "body: 1001 subjects; at most 1000 are scored at once"),
}

BAD_TENSORS = {
    "no inputs": ({"inputs": []}, "inputs: there is no tensor"),
    "inputs missing": ({}, "inputs: is missing"),
    "one column short": (
        {"inputs": [tensor(shape=[1, 2], data=[1, 2])]},
        f"tensor rows: shape [1, 2]; {WHOLE}",
    ),
    "one dimension": ({"inputs": [tensor(shape=[2], data=[1, 2])]}, f"tensor rows: shape [2]; {WHOLE}"),
    "no rows": ({"inputs": [tensor(shape=[0, len(NAMES)], data=[])]}, "tensor rows: there is no row"),
    "too few values": (
        {"inputs": [tensor(data=[1.0])]},
        f"tensor rows: 1 values; shape [1, {len(NAMES)}] has {len(NAMES)}",
    ),
    "string for number": (
        {"inputs": [tensor(data=[1.0, "x", *[1.0] * (len(NAMES) - 2)])]},
        'tensor rows, row 0, column 1: a number or null is needed, not the string "x"',
    ),
    "bool for number": (
        {"inputs": [tensor(shape=[2, len(NAMES)], data=[*[1.0] * (2 * len(NAMES) - 1), False])]},
        f"tensor rows, row 1, column {len(NAMES) - 1}: a number or null is needed, not the boolean false",
    ),
    "infinity": (
        {"inputs": [tensor(data=[float("inf")] * len(NAMES))]},
        "tensor rows, row 0, column 0: infinity is not a value",
    ),
    "fraction for a whole number": (
        {"inputs": [tensor(datatype="INT32", data=[1.5] * len(NAMES))]},
        "tensor rows, row 0, column 0: a whole number or null is needed, not the number 1.5",
    ),
    "beyond the datatype": (
        {"inputs": [tensor(datatype="INT8", data=[300] * len(NAMES))]},
        "tensor rows, row 0, column 0: 300 is beyond the range of INT8",
    ),
    "beyond FP32": (
        {"inputs": [tensor(datatype="FP32", data=[1e39] * len(NAMES))]},
        "tensor rows, row 0, column 0: 1e+39 is beyond the range of FP32",
    ),
    "ragged": (
        {"inputs": [tensor(shape=[2, len(NAMES)], data=[[1.0] * len(NAMES), [1.0]])]},
        f"tensor rows, row 1: a list of {len(NAMES)} values is needed",
    ),
    "deep data": (
        {"inputs": [tensor(data=[[[1.0]] * len(NAMES)])]},
        "tensor rows, row 0, column 0: a number or null is needed, not a list",
    ),
    "datatype of text": (
        {"inputs": [tensor(datatype="BYTES")]},
        "tensor rows, row 0, column 0: a string or null is needed, not the number 1.5",
    ),
    "negative shape": (
        {"inputs": [tensor(shape=[-1, 2])]},
        "tensor rows: its shape must be one or two whole numbers of at least 0",
    ),
    "no data": ({"inputs": [tensor(data=...)]}, "tensor rows: has no data"),
    "data is a number": ({"inputs": [tensor(data=1)]}, "inputs[0].data: a list is needed, not the number 1"),
    "bytes that did not come": (
        {"inputs": [tensor(data=..., parameters={"binary_data_size": 8})]},
        "tensor rows: binary_data_size is the number 8; 0 bytes are left in the body",
    ),
    "two of a name": ({"inputs": [tensor(), tensor()]}, "inputs: two tensors have the same name"),
    "unknown feature": (
        {"inputs": [tensor(name=NAMES[0], shape=[1], data=[1]), tensor(name="nope", shape=[1], data=[1])]},
        "tensor nope: unknown feature; the model has ",
    ),
    "a feature absent": (
        {"inputs": [tensor(name=name, shape=[1], data=[1]) for name in NAMES[1:]]},
        f"inputs: no tensor for {NAMES[0]}; send null where a value is unknown",
    ),
    "rows differ": (
        {
            "inputs": [tensor(name=name, shape=[n], data=[1] * n) for n, name in zip([1, 2], NAMES[:2], strict=True)]
            + [tensor(name=name, shape=[1], data=[1]) for name in NAMES[2:]]
        },
        f"tensor {NAMES[1]}: 2 rows where {NAMES[0]} has 1",
    ),
    "unknown output": (
        {"inputs": [tensor()], "outputs": [{"name": "odds"}]},
        "outputs[0]: unknown output 'odds'; there are default_probability, margin",
    ),
    "an output twice": (
        {"inputs": [tensor()], "outputs": [{"name": "margin"}, {"name": "margin"}]},
        "outputs[1]: 'margin' is asked for twice",
    ),
    "a subject of two rows": (
        {
            "inputs": [tensor(shape=[2, len(NAMES)], data=[1.5] * 2 * len(NAMES))],
            "parameters": {"subject_id": "u"},
        },
        TWO_ROWS,
    ),
    "subject is a number": (
        {"inputs": [tensor()], "parameters": {"subject_id": 7}},
        "parameters.subject_id: a string is needed, not the number 7",
    ),
}

BAD_INSTANCES = {
    "no instances": ({}, "instances: is missing"),
    "none of them": ({"instances": []}, "instances: the list is empty"),
    "one value short": ({"instances": [[1.0]]}, f"instances[0]: 1 values; the model has {len(NAMES)} features"),
    "unknown feature": ({"instances": [{}, {"nope": 1}]}, "instances[1].nope: unknown feature"),
    "a number": ({"instances": [3]}, "instances[0]: an object of features by name, or a list of values, is needed"),
    "a subject of two rows": (
        {"instances": [{}, {}], "parameters": {"subject_id": "u"}},
        TWO_ROWS,
    ),
}
