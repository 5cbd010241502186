"""`blink model upload` and `download`: bundles between MODEL_DIR and where they are stored."""

from argparse import Namespace
from pathlib import Path

from blink.commands.model import registered_model
from blink.model_store import model_store, s3_access, writable_store
from blink.outcome import Outcome, WrongCallError
from blink.settings import Settings, SettingsError, read_settings
from credit.bundle.errors import BundleError
from credit.bundle.manifest import HASH_FILE
from credit.bundle.reader import load_bundle, verify_hashes
from credit.model_store.address import model_files, open_store
from credit.model_store.arrival import bring
from credit.model_store.local import local_bundle
from credit.model_store.s3_access import S3Access
from credit.model_store.store import ModelStore


def upload(arguments: Namespace) -> Outcome:
    """Put a bundle into a store; the same bundle once more changes nothing."""
    settings = read_settings(home=arguments.home)
    store = _named_store(arguments, settings)
    bundle = _bundle(arguments, settings)
    said = verify_hashes(bundle)
    new = store.put(bundle)
    address = f"{store.address}/{said.model_id}"
    done = "stored" if new else "was there already, the same; nothing was changed"
    facts = {"model_id": said.model_id, "address": address, "new": new, "manifest_sha256": _manifest_sha256(bundle)}
    return Outcome(f"{address}: {done}\nmanifest sha256 {facts['manifest_sha256']}", facts)


def download(arguments: Namespace) -> Outcome:
    """Bring a bundle to MODEL_DIR, and reproduce its golden rows."""
    settings = read_settings(home=arguments.home)
    files = model_files(_address(arguments, settings), _access(arguments, settings))
    arrived = bring(files, settings.model_dir, sha256=arguments.sha256)
    bundle = load_bundle(arrived.path)
    rows = len(bundle.golden.rows)
    done = "brought" if arrived.new else "was there already, the same"
    text = f"{arrived.path}: {done}; every hash is right, {rows} golden rows reproduced"
    facts = {
        "model_id": arrived.model_id,
        "portfolio": bundle.portfolio,
        "path": str(arrived.path),
        "new": arrived.new,
        "manifest_sha256": arrived.manifest_sha256,
        "golden_rows": rows,
    }
    return Outcome(f"{text}\nmanifest sha256 {arrived.manifest_sha256}", facts)


def _named_store(arguments: Namespace, settings: Settings) -> ModelStore:
    access = _access(arguments, settings)
    if arguments.bucket is not None:
        return open_store(f"s3://{arguments.bucket}/{arguments.key_prefix.strip('/')}", access)
    if arguments.key_prefix:
        raise WrongCallError("--key-prefix belongs to --bucket: give both or neither")
    store = writable_store(settings)
    if store is None:
        raise WrongCallError("nowhere to store it: give --bucket B, or set MODEL_STORE")
    return store


def _access(arguments: Namespace, settings: Settings) -> S3Access:
    if (arguments.access_key is None) != (arguments.secret_key_file is None):
        raise WrongCallError("--access-key and --secret-key-file belong together: give both or neither")
    said = s3_access(settings)
    secret = None if arguments.secret_key_file is None else _secret(arguments.secret_key_file)
    return S3Access(arguments.region or said.region, arguments.endpoint_url, arguments.access_key, secret)


def _secret(path: Path) -> str:
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--secret-key-file {path}: cannot be read as a line of text") from error
    if not secret or len(secret.split()) != 1:
        raise SettingsError(f"--secret-key-file {path}: must hold one secret and nothing else")
    return secret


def _bundle(arguments: Namespace, settings: Settings) -> Path:
    if "/" in arguments.model:
        return Path(arguments.model)
    model = registered_model(arguments)
    path = local_bundle(model.model_id, settings.model_dir, model_store(settings))
    known = (model.manifest_sha256 or b"").hex()
    if _manifest_sha256(path) != known:
        raise BundleError(f"{path}: is not the bundle that was registered, whose manifest has sha256 {known or 'none'}")
    return path


def _manifest_sha256(bundle: Path) -> str:
    try:
        return (bundle / HASH_FILE).read_text("ascii").split()[0]
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise BundleError(f"{bundle}: no complete bundle is there: {HASH_FILE} cannot be read") from error


def _address(arguments: Namespace, settings: Settings) -> str:
    """Of the model's files; a name without any slash is a model id."""
    if "/" in arguments.source:
        return str(arguments.source)
    store = model_store(settings)
    if store is None:
        raise WrongCallError(
            f"{arguments.source}: a model id needs a store at MODEL_STORE; or give the URI of a bundle, such as "
            "s3://BUCKET/PREFIX/MODEL_ID"
        )
    return f"{store.address}/{arguments.source}"
