"""What was asked for is what is rendered: no keyword is dropped, at any level that the definitions use."""

import ast
import inspect
from pathlib import Path

import pytest
from hera import workflows as hera
from hera.workflows import models
from pydantic import BaseModel, ValidationError

from workflows import exact_models, rendering
from workflows.exact_models import Capabilities, LabelValueFrom, SecurityContext, Volume, WorkflowMetadata

ROOT = Path(__file__).parents[3]
EXACT = [
    each for each in vars(exact_models).values() if inspect.isclass(each) and each.__module__ == exact_models.__name__
]
MODELS = [each for each in EXACT if each.__name__ != "_Exact"]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_hera_itself_drops_what_it_does_not_know():
    # The reason for exact_models: once this fails, the room can use Hera's models as they are.
    assert models.SecurityContext(run_as_nonroot=True).model_dump(exclude_none=True) == {}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_misspelt_keyword_of_a_model_is_refused(model):
    with pytest.raises(ValidationError, match=r"misspelt\s+Extra inputs are not permitted"):
        model(misspelt="x")


@pytest.mark.parametrize("kind", [hera.WorkflowTemplate, hera.CronWorkflow, hera.Steps, hera.Step])
def test_a_misspelt_keyword_of_heras_own_classes_is_refused(kind):
    with pytest.raises(TypeError, match="unexpected keyword argument 'misspelt'"):
        kind(name="a", misspelt="x")


@pytest.mark.parametrize(
    ("model", "field", "value", "named"),
    [
        (SecurityContext, "capabilities", {"drops": ["ALL"]}, "Capabilities"),
        (SecurityContext, "capabilities", models.Capabilities(drop=["ALL"]), "Capabilities"),
        (exact_models.Template, "container", {"image": "a", "comand": ["b"]}, "Container"),
        (exact_models.Container, "env", [{"name": "a", "valu": "b"}], "EnvVar"),
        (WorkflowMetadata, "labels_from", {"a": {"expression": "b", "default": "c"}}, "LabelValueFrom"),
        (Volume, "empty_dir", {"size": "1Gi"}, "EmptyDirVolumeSource"),
    ],
)
def test_a_model_in_a_place_where_its_keywords_would_not_be_checked_is_refused(model, field, value, named):
    required = {"name": "a"} if model is Volume else {}
    with pytest.raises(ValidationError, match=f"{field}: give a {named} of workflows.exact_models, not a dict"):
        model(**required, **{field: value})


def test_models_inside_models_pass_where_they_are_exact():
    made = WorkflowMetadata(labels={"a": "b"}, labels_from={"c": LabelValueFrom(expression="d")})
    assert made.model_dump(by_alias=True, exclude_none=True) == {
        "labels": {"a": "b"},
        "labelsFrom": {"c": {"expression": "d"}},
    }
    assert SecurityContext(capabilities=Capabilities(drop=["ALL"])).capabilities.drop == ["ALL"]


@pytest.mark.parametrize("name", rendering.DEFINITIONS)
def test_every_model_that_was_asked_for_is_in_the_file_with_all_its_fields(name, monkeypatch):
    asked = []

    def remember(self, **fields):
        BaseModel.__init__(self, **fields)
        asked.append(self)

    monkeypatch.setattr(exact_models._Exact, "__init__", remember)
    manifest = rendering.DEFINITIONS[name]().to_dict()
    found = list(parts(manifest))
    assert len(asked) > 2
    for model in asked:
        if model is not executor_part(manifest, model):
            assert model.model_dump(mode="json", by_alias=True, exclude_none=True) in found


def parts(value):
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def executor_part(manifest, model):
    """The model itself where it went into the pod's patch, which is text."""
    patch = manifest["spec"].get("podSpecPatch", "")
    fields = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return model if fields in list(parts(rendering.yaml.safe_load(patch))) else None


def test_only_one_module_takes_heras_models_as_they_are():
    takers = {
        path.name
        for path in (ROOT / "workflows").glob("*.py")
        if any(name.startswith("hera.workflows.models") for name in imports(path))
    }
    assert takers == {"exact_models.py"}


def test_hera_is_imported_by_this_room_alone():
    rooms = ("blink", "predictor", "trainer", "drift", "rollout", "workflows", "credit", "forest")
    importing = {
        path.relative_to(ROOT).parts[0]
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if any(name.split(".")[0] == "hera" for name in imports(path))
    }
    assert importing == {"workflows"}
