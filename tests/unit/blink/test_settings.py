"""Settings: read once from an environment that is passed in."""

from pathlib import Path

import pytest

from blink.settings import Settings, SettingsError, read_settings


def test_everything_is_read_from_the_environment(tmp_path):
    environment = {
        "BLINK_HOME": str(tmp_path),
        "DATABASE_URL": "postgresql://scorer@db/blink",
        "MODEL_DIR": str(tmp_path / "elsewhere"),
        "PROMOTE_TO_PROD": "False",
        "BLINK_PORTFOLIOS": "/etc/blink/portfolios",
        "MODEL_STORE": "s3://models/blink",
        "MLFLOW_TRACKING_URI": "http://mlflow:5000",
    }
    assert read_settings(environment) == Settings(
        home=tmp_path,
        database_url="postgresql://scorer@db/blink",
        model_dir=tmp_path / "elsewhere",
        promote_to_prod=False,
        portfolio_dir=Path("/etc/blink/portfolios"),
        model_store="s3://models/blink",
        mlflow_tracking_uri="http://mlflow:5000",
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
