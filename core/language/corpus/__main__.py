"""Write the shipped corpus: ``python -m core.language.corpus [folder]``."""

import sys
from pathlib import Path

from core.language.corpus.lexicon import RESOURCES
from core.language.corpus.shipped import write_shipped


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else RESOURCES
    for split, record in write_shipped(folder).splits.items():
        print(f"{split:>10}: {record.stories:5} stories, {record.bytes:7} bytes, "
              f"floor {record.bits_per_byte:.4f} bits per byte")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
