"""`python -m bench`: prints the table and writes bench.json."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from bench.harness import Benchmark, MissingError, Row, discover, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="only benchmarks whose name contains one of these")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), help="default: bench.json")
    parser.add_argument("--list", action="store_true", help="print the names alone")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a bound is exceeded")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

    found = discover().values()
    chosen = [it for it in found if not options.names or any(name in it.name for name in options.names)]
    if options.list:
        print("\n".join(it.name for it in chosen))
        return 0
    width = max((len(it.name) for it in chosen), default=4)
    print(f"{'name':<{width}}  {'ours':>9}  {'reference':>9}  {'unit':<5} {'ratio':>6}  {'bound':>6}")
    rows: list[Row] = []
    failed = 0
    for it in chosen:
        row = measured(it, width)
        if row is None:
            failed += 1
        elif isinstance(row, Row):
            rows.append(row)
    options.out.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    missed = sum(not row.kept for row in rows)
    print(f"{len(rows)} rows in {options.out}, {missed} over their bound, {failed} failed")
    return 1 if failed or (missed and options.strict) else 0


def measured(it: Benchmark, width: int) -> Row | str | None:
    """The row, printed as it comes; the reason why it was skipped; or None after a failure."""
    try:
        row = run(it)
    except MissingError as reason:
        print(f"{it.name:<{width}}  skipped: {reason}", flush=True)
        return str(reason)
    except Exception:
        print(f"{it.name:<{width}}  failed", flush=True)
        traceback.print_exc(file=sys.stderr)
        return None
    figures = f"{row.ours:9.4g}  {row.reference:9.4g}  {row.unit:<5} {row.ratio:6.2f}"
    bound = "" if row.bound is None else f"{row.bound:6.2f}"
    print(f"{row.name:<{width}}  {figures}  {bound}{'' if row.kept else '  over'}", flush=True)
    return row


if __name__ == "__main__":
    sys.exit(main())
