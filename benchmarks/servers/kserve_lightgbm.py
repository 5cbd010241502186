"""KServe's own LightGBM server, which is on no package registry: `python -m benchmarks.servers.kserve_lightgbm …`.

Written after `python/lgbserver/lgbserver/{model,__main__}.py` of kserve/kserve (release 0.20): the same calls of the
same SDK in the same order, one worker, one LightGBM thread. Left out is the download of the model from a store.
"""

import argparse

import kserve
import lightgbm
from kserve.errors import InferenceError
from kserve.utils.utils import get_predict_input, get_predict_response


class LightgbmModel(kserve.Model):  # type: ignore[misc]  # KServe ships no types
    """A booster behind KServe's protocols."""

    def __init__(self, name: str, path: str, threads: int) -> None:
        super().__init__(name)
        self._booster = lightgbm.Booster(params={"nthread": threads}, model_file=path)
        self.ready = True

    def predict(self, payload: object, headers: object = None) -> object:  # noqa: ARG002 - the SDK's signature
        """Answer as the stock server does, whatever goes wrong included."""
        try:
            instances = get_predict_input(payload, columns=self._booster.feature_name())
            return get_predict_response(payload, self._booster.predict(instances), self.name)
        except Exception as error:
            raise InferenceError(str(error)) from error


def main() -> None:
    """Serve one model."""
    parser = argparse.ArgumentParser(parents=[kserve.model_server.parser])
    parser.add_argument("--model_file", required=True)
    parser.add_argument("--nthread", default=1, type=int)
    arguments = parser.parse_args()
    kserve.logging.configure_logging()
    model = LightgbmModel(arguments.model_name, arguments.model_file, arguments.nthread)
    kserve.ModelServer(workers=1).start([model])


if __name__ == "__main__":
    main()
