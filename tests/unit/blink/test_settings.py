"""Settings: read once from an environment that is passed in."""

from pathlib import Path

import pytest

from blink.settings import Loading, ModelSource, Settings, SettingsError, read_settings


def test_everything_is_read_from_the_environment(tmp_path):
    environment = {
        "BLINK_HOME": str(tmp_path),
        "DATABASE_URL": "postgresql://scorer@db/blink",
        "MODEL_DIR": str(tmp_path / "elsewhere"),
        "PROMOTE_TO_PROD": "False",
        "BLINK_PORTFOLIOS": "/etc/blink/portfolios",
        "MODEL_STORE": "s3://models/blink",
        "MLFLOW_TRACKING_URI": "http://mlflow:5000",
        "MODEL_SOURCE": "s3",
        "S3_BUCKET": "models",
        "S3_KEY": "blink/model_cash_advance_20260301_040506/",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    assert read_settings(environment) == Settings(
        home=tmp_path,
        database_url="postgresql://scorer@db/blink",
        model_dir=tmp_path / "elsewhere",
        promote_to_prod=False,
        portfolio_dir=Path("/etc/blink/portfolios"),
        model_store="s3://models/blink",
        mlflow_tracking_uri="http://mlflow:5000",
        model_source=ModelSource("s3://models/blink/model_cash_advance_20260301_040506"),
        aws_region="eu-central-1",
    )


def test_without_any_setting_the_embedded_database_and_its_models_share_a_home(tmp_path):
    assert read_settings({}, home=tmp_path) == Settings(
        home=tmp_path, database_url=None, model_dir=tmp_path / "models", promote_to_prod=True
    )


def test_the_option_goes_before_the_environment():
    assert read_settings({"BLINK_HOME": "/elsewhere"}, home=Path("/here")).home == Path("/here")


def test_a_switch_is_true_or_false():
    with pytest.raises(SettingsError, match="PROMOTE_TO_PROD must be true or false, not 'yes'"):
        read_settings({"PROMOTE_TO_PROD": "yes"})


@pytest.mark.parametrize("loading", ["first_request", "FIRST_REQUEST "])
def test_a_model_may_come_from_any_store_and_on_the_first_request(loading):
    asked = {"MODEL_SOURCE": "hf://lender/model", "MODEL_LOADING": loading, "MODEL_SHA256": "AB" * 32}
    assert read_settings(asked).model_source == ModelSource("hf://lender/model", Loading.FIRST_REQUEST, "ab" * 32)


def test_the_key_of_the_manifest_names_its_folder_too():
    asked = {"MODEL_SOURCE": "s3", "S3_BUCKET": "b", "S3_KEY": "/p/m/manifest.json"}
    assert read_settings(asked).model_source == ModelSource("s3://b/p/m")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"MODEL_SOURCE": "s3", "S3_BUCKET": "b"}, "MODEL_SOURCE=s3 needs S3_BUCKET, and S3_KEY"),
        ({"MODEL_SOURCE": "s3", "S3_KEY": "k"}, "MODEL_SOURCE=s3 needs S3_BUCKET, and S3_KEY"),
        ({"MODEL_SOURCE": "/m", "MODEL_LOADING": "later"}, "MODEL_LOADING must be start or first_request, not 'later'"),
        ({"MODEL_SOURCE": "/m", "MODEL_SHA256": "abc"}, "MODEL_SHA256 must be 64 hexadecimal digits, not 'abc'"),
    ],
)
def test_a_source_that_cannot_be_meant_is_refused(given, said):
    with pytest.raises(SettingsError, match=said):
        read_settings(given)
