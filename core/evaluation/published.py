"""Published exam results, each with its date and source: what the scene's chart shows, and nothing else."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

__all__ = ["ERRONEOUS", "PUBLISHED", "Published"]

Exam = Literal["MMLU", "Humanity’s Last Exam"]


class Published(Struct, frozen=True):
    """One result. `accuracy` is a share, 0 to 1."""

    exam: Exam
    who: str
    accuracy: float
    date: str
    """When it was published; "undated" where the source gives none."""
    source: str
    relation: Literal["", "below", "about"] = ""
    """How the source words the number."""


_HENDRYCKS = "Hendrycks et al. 2021"

PUBLISHED: tuple[Published, ...] = (
    Published("MMLU", "Guessing, one of four", 0.25, "2021", _HENDRYCKS),
    Published("MMLU", "Non-expert raters", 0.345, "2021", _HENDRYCKS),
    Published("MMLU", "GPT-3 175B, few-shot", 0.439, "2021", _HENDRYCKS),
    Published("MMLU", "GPT-4", 0.864, "2023", "OpenAI 2023"),
    Published("MMLU", "Experts, as the authors estimate", 0.898, "2021", _HENDRYCKS),
    Published("Humanity’s Last Exam", "Frontier models at its release", 0.10, "January 2025",
              "Phan et al. 2025", "below"),
    Published("Humanity’s Last Exam", "Current frontier models", 0.40, "undated",
              "this project’s source document", "about"),
)  # fmt: skip

ERRONEOUS = Published("MMLU", "Questions that carry an error", 0.065, "2024", "Gema et al. 2024", "about")
"""A perfect score cannot be expected to lie far above the rest."""
