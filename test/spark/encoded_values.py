"""
Values as JSON, exactly. A JSON array is a tuple; what JSON has no word for is an object with one entry:
{"list": [...]}, {"bytes": "00ff"}, {"number": "NaN" | "Infinity" | "-Infinity" | "-0"}.
"""

import math

from pyspark.resultiterable import ResultIterable


class Value:
    """A value among the arguments of a program, where a bare list is the program of a dataset."""

    def __init__(self, value):
        self.value = value


def encode_program(program):
    if isinstance(program, list):
        return [encode_program(part) for part in program]
    return encode(program.value if isinstance(program, Value) else program)


def encode(value):
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return {"number": "NaN"}
        if math.isinf(value):
            return {"number": "Infinity" if value > 0 else "-Infinity"}
        if value == 0 and math.copysign(1, value) < 0:
            return {"number": "-0"}
        return int(value) if value.is_integer() else value
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, tuple):
        return [encode(part) for part in value]
    if isinstance(value, (list, ResultIterable)):
        return {"list": [encode(part) for part in value]}
    if isinstance(value, dict):
        return {"list": [[encode(key), encode(entry)] for key, entry in value.items()]}
    raise TypeError(f"no JSON form for {value!r}")
