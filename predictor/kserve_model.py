"""The KServe model: named after its portfolio, ready when a bundle is, answering calls of V1 and V2."""

from collections.abc import Mapping
from typing import TypeVar

from kserve.model import Model

from predictor.answering import Answering, Call
from predictor.deployment import Deployment
from predictor.infer_request import OUTPUTS
from predictor.tensors import TEXT

T = TypeVar("T")


class ScoringModel(Model):  # type: ignore[misc]  # KServe ships no types
    """What KServe's data plane calls for a portfolio."""

    def __init__(self, name: str, deployment: Deployment, answering: Answering) -> None:
        self._deployment = deployment
        self._answering = answering
        super().__init__(name)

    async def healthy(self) -> bool:
        """Whether a bundle was loaded and has reproduced its golden rows."""
        return self._deployment.ready

    def load(self) -> bool:
        """Nothing: the deployment loads by itself."""
        return self._deployment.ready

    def start(self) -> None:
        """Nothing: KServe would declare the model ready here."""

    async def predict(self, payload: Call[T], headers: Mapping[str, str] | None = None) -> T:  # noqa: ARG002
        """The call's answer; the event loop is free meanwhile."""
        return await self._answering.infer(payload)

    async def explain(self, payload: Call[T], headers: Mapping[str, str] | None = None) -> T:  # noqa: ARG002
        """The call's answer, which asks for contributions by itself."""
        return await self._answering.infer(payload)

    def get_input_types(self) -> list[dict[str, object]]:
        """The one-tensor form, columns in the model's feature order; a tensor a feature where some have texts."""
        features = self._deployment.current().bundle.manifest.features
        if not any(feature.categories for feature in features):
            return [{"name": "features", "datatype": "FP64", "shape": [-1, len(features)]}]
        return [
            {"name": feature.name, "datatype": TEXT if feature.categories else "FP64", "shape": [-1]}
            for feature in features
        ]

    def get_output_types(self) -> list[dict[str, object]]:
        """All outputs; only the first comes without being asked for."""
        width = len(self._deployment.current().bundle.feature_names)
        second = {"shap_values": [width], "reason_codes": [4]}
        return [
            {"name": name, "datatype": kind, "shape": [-1, *second.get(name, [])]} for name, kind in OUTPUTS.items()
        ]
