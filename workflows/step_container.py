"""One step of a workflow: a container that runs one `blink` command."""

from collections.abc import Sequence
from dataclasses import dataclass

from workflows import tokens
from workflows.exact_models import (
    ConfigMapEnvSource,
    Container,
    EnvFromSource,
    EnvVar,
    EnvVarSource,
    Inputs,
    Metadata,
    Outputs,
    Parameter,
    ResourceRequirements,
    RetryStrategy,
    SecretKeySelector,
    Template,
    ValueFrom,
    VolumeMount,
)
from workflows.labels import PORTFOLIO_LABEL, labels
from workflows.pod_security import container_security_context
from workflows.volumes import base_mounts

FACTS = "/tmp/facts"  # noqa: S108 - the container's own
PORTFOLIO = "{{workflow.parameters.portfolio}}"


@dataclass(frozen=True, slots=True)
class Login:
    """The Secret's key that holds the database URL of a role."""

    secret: str
    key: str


SCORER = Login(tokens.SCORER_SECRET, tokens.SCORER_KEY)
TRAINER = Login(tokens.TRAINER_SECRET, tokens.TRAINER_KEY)


@dataclass(frozen=True, slots=True)
class Step:
    """One command and what it may have."""

    name: str
    """The template's, by which the chart sets resources."""
    component: str
    """score or train."""
    arguments: Sequence[str]
    """After `blink`; options that take a value as one `--option=value`, so that no value is read as an option."""
    login: Login
    resources: ResourceRequirements
    retry: RetryStrategy
    mounts: Sequence[VolumeMount] = ()
    inputs: Sequence[str] = ()
    facts: Sequence[str] = ()
    """Facts of the command that become output parameters, named with - for _."""


def step_template(step: Step) -> Template:
    """The template of a step: non-root, nothing writable but /tmp and what it mounts, no token of the API server."""
    return Template(
        name=step.name,
        metadata=Metadata(labels={**labels(step.component), PORTFOLIO_LABEL: PORTFOLIO}),
        inputs=Inputs(parameters=[Parameter(name=name) for name in step.inputs]) if step.inputs else None,
        outputs=Outputs(parameters=[_output(fact) for fact in step.facts]) if step.facts else None,
        container=_container(step),
        retry_strategy=step.retry,
    )


def _container(step: Step) -> Container:
    return Container(
        image=tokens.IMAGE,
        image_pull_policy=tokens.PULL_POLICY,
        command=["blink"],  # always said: Argo would look the image's own up in a registry
        args=[*step.arguments, f"--out={FACTS}"],
        env_from=[EnvFromSource(config_map_ref=ConfigMapEnvSource(name=f"{tokens.RELEASE}-jobs"))],
        env=[_database_url(step.login)],
        resources=step.resources,
        security_context=container_security_context(),
        volume_mounts=[*base_mounts(), *step.mounts],
    )


def _database_url(login: Login) -> EnvVar:
    return EnvVar(
        name="DATABASE_URL",
        value_from=EnvVarSource(secret_key_ref=SecretKeySelector(name=login.secret, key=login.key)),
    )


def _output(fact: str) -> Parameter:
    return Parameter(name=fact.replace("_", "-"), value_from=ValueFrom(path=f"{FACTS}/{fact}"))
