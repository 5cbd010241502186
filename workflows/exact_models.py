# ruff: noqa: D101 - each class is the vendor's of its name
"""Hera's generated models, made to refuse what they do not know: the only module that imports them.

As generated they drop an unknown keyword in silence, and read a plain dict in place of a model just as silently: a
misspelt `run_as_nonroot` leaves a pod that may run as root. Hera's own classes (`WorkflowTemplate`, `Steps`, …) are
dataclasses, which refuse unknown keywords themselves.
"""

from collections.abc import Iterable
from typing import Self

from hera.workflows import models
from pydantic import BaseModel, ConfigDict, RootModel, model_validator
from pydantic_core import PydanticCustomError


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _no_model_from_a_dict(self) -> Self:
        for name in self.model_fields_set:
            value = getattr(self, name)
            for each in _members(value):
                if isinstance(each, BaseModel) and not isinstance(each, (_Exact, RootModel)):
                    raise PydanticCustomError(
                        "not_exact", f"{name}: give a {type(each).__name__} of workflows.exact_models, not a dict"
                    )
        return self


def _members(value: object) -> Iterable[object]:
    if isinstance(value, list):
        return value
    return value.values() if isinstance(value, dict) else (value,)


class Arguments(_Exact, models.Arguments): ...


class Backoff(_Exact, models.Backoff): ...


class Capabilities(_Exact, models.Capabilities): ...


class ConfigMapEnvSource(_Exact, models.ConfigMapEnvSource): ...


class ConfigMapVolumeSource(_Exact, models.ConfigMapVolumeSource): ...


class Container(_Exact, models.Container): ...


class EmptyDirVolumeSource(_Exact, models.EmptyDirVolumeSource): ...


class EnvFromSource(_Exact, models.EnvFromSource): ...


class EnvVar(_Exact, models.EnvVar): ...


class EnvVarSource(_Exact, models.EnvVarSource): ...


class Inputs(_Exact, models.Inputs): ...


class LabelValueFrom(_Exact, models.LabelValueFrom): ...


class Metadata(_Exact, models.Metadata): ...


class Outputs(_Exact, models.Outputs): ...


class Parameter(_Exact, models.Parameter): ...


class PersistentVolumeClaimVolumeSource(_Exact, models.PersistentVolumeClaimVolumeSource): ...


class PodGC(_Exact, models.PodGC): ...


class PodSecurityContext(_Exact, models.PodSecurityContext): ...


class ResourceRequirements(_Exact, models.ResourceRequirements): ...


class RetryStrategy(_Exact, models.RetryStrategy): ...


class SeccompProfile(_Exact, models.SeccompProfile): ...


class SecretKeySelector(_Exact, models.SecretKeySelector): ...


class SecurityContext(_Exact, models.SecurityContext): ...


class TTLStrategy(_Exact, models.TTLStrategy): ...


class Template(_Exact, models.Template): ...


class ValueFrom(_Exact, models.ValueFrom): ...


class Volume(_Exact, models.Volume): ...


class VolumeMount(_Exact, models.VolumeMount): ...


class WorkflowMetadata(_Exact, models.WorkflowMetadata): ...


class WorkflowTemplateRef(_Exact, models.WorkflowTemplateRef): ...


# One bare value each: they have no field to misspell.
IntOrString = models.IntOrString
Quantity = models.Quantity
