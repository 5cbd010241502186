"""How much one request of the inference protocols may ask for."""

from dataclasses import dataclass

from predictor.errors import TooLargeError
from predictor.infer_request import InferRequest
from predictor.inference import values_a_row


@dataclass(frozen=True, slots=True)
class RowLimits:
    """What a request is refused beyond; a body's size says little of either, since a row may be `{}`."""

    rows: int
    """Most rows."""
    answer_values: int
    """Most values of all asked outputs of all rows together."""

    def check(self, request: InferRequest, features: int) -> None:
        """Do nothing where the request is within the limits, for a model of so many features.

        Raises:
            TooLargeError: naming the limit.
        """
        rows = request.source.count
        if rows > self.rows:
            raise TooLargeError(f"{rows} rows; at most {self.rows} are scored at once", read=True)
        values = values_a_row(request.outputs, features)
        if rows * values > self.answer_values:
            most = f"at most {self.answer_values} are answered at once, those of {self.answer_values // values} rows"
            raise TooLargeError(f"{rows} rows are answered with {values} values each; {most}", read=True)
