"""The model card, where the packages that draw it are installed."""

from credit.bundle.reader import Bundle
from trainer.card.registration import Registration
from trainer.errors import CardError


def rendered_card(bundle: Bundle, registration: Registration | None) -> str:
    """The card of a model as one HTML page; `registration` is None where no registry is asked.

    Raises:
        CardError: naming a package that is not installed or cannot be loaded, or where the bundle is not the one that
            was registered.
        BundleError: where a file of the bundle has changed since it was loaded.
    """
    _check_same(bundle, registration)
    try:
        from trainer.card.page import page_of  # noqa: PLC0415 - seconds, and not in the images
    except ModuleNotFoundError as error:
        raise CardError(f"a model card needs the package {error.name}: install blinkscoring[card]") from error
    except ImportError as error:
        # Installed, and not with what it needs: shap's numba refuses a NumPy that is too new for it.
        raise CardError(f"a model card needs what does not load ({error}): install blinkscoring[card] anew") from error
    return page_of(bundle, registration)


def _check_same(bundle: Bundle, registration: Registration | None) -> None:
    if registration is None:
        return
    known = (registration.model.manifest_sha256 or b"").hex()
    if bundle.manifest_sha256 != known:
        raise CardError(
            f"{bundle.path}: is not the bundle of {registration.model.model_id} that was registered, whose manifest has"
            f" sha256 {known or 'none'}"
        )
