"""A bundle's trees as C, for systems that cannot run Python."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from credit.bundle import file_names
from credit.bundle.canonical import to_bytes
from credit.bundle.errors import BundleError
from credit.bundle.reader import Bundle
from forest.engine import Floats, ForestError

FILE = "export.json"


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written, and on how many rows it was proved equal."""

    library: Path
    """The shared library, in the export's directory."""
    sources: tuple[str, ...]
    """Names of the generated C files beside it."""
    compiler: str
    tl2cgen_version: str
    rows_proved: int
    """Golden and given rows on which every margin equals the engine's to the bit."""


def export_tl2cgen(bundle: Bundle, out_dir: Path, rows: Floats) -> ExportReport:
    """Write a bundle's trees as C and a shared library, proved on its golden rows and on `rows` [n, d].

    The report is written beside them as `export.json`, only after the proof. Needs the extra `train` (tl2cgen)
    and a C compiler; without a compiler the C is still written.

    Raises:
        BundleError: where the model is not LightGBM's, tl2cgen is not installed, there is no compiler, `out_dir` is
            not empty, or a margin differs; the message says which and what to do.
    """
    if bundle.manifest.algorithm != "lightgbm":
        # What others do to a number before their trees see it is left to the caller of the C, and proved for LightGBM.
        raise BundleError(f"{bundle.model_id}: C is generated of LightGBM's trees, not of {bundle.manifest.algorithm}")
    try:
        report = _export(bundle, out_dir, np.vstack([bundle.golden.rows, rows]))
    except ForestError as error:
        raise BundleError(f"{bundle.model_id}: {error}") from error
    (out_dir / FILE).write_bytes(_report_bytes(bundle, report))
    return report


def _export(bundle: Bundle, out_dir: Path, rows: Floats) -> ExportReport:
    try:
        from forest import tl2cgen_export  # noqa: PLC0415  # an optional extra
    except ImportError as error:
        raise BundleError("exporting needs tl2cgen: install blinkscoring[train]") from error
    from forest.treelite_engine import TreeliteMargins  # noqa: PLC0415  # takes a second to import

    checkpoint = bundle.file(file_names.FOREST)
    sources = tl2cgen_export.write_sources(checkpoint, out_dir)
    compiler = tl2cgen_export.found_compiler()
    library = tl2cgen_export.build_library(out_dir, compiler)
    try:
        tl2cgen_export.prove_equal(library, TreeliteMargins.from_checkpoint(checkpoint), rows)
    except ForestError:
        library.unlink()  # nobody shall use what was not proved
        raise
    return ExportReport(
        library=library,
        sources=sources,
        compiler=compiler,
        tl2cgen_version=tl2cgen_export.VERSION,
        rows_proved=len(rows),
    )


def _report_bytes(bundle: Bundle, report: ExportReport) -> bytes:
    return to_bytes(
        {
            "model_id": bundle.model_id,
            "manifest_sha256": bundle.manifest_sha256,
            "library": report.library.name,
            "sources": list(report.sources),
            "compiler": report.compiler,
            "tl2cgen_version": report.tl2cgen_version,
            "rows_proved": report.rows_proved,
        },
        file=FILE,
    )
