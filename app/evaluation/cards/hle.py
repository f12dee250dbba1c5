"""Presets and teacher's words of "Does it know what it does not know?". Each claim is tested."""

from __future__ import annotations

from app.stage.scene import Card, Preset

HLE = Card(
    presets=(
        Preset(
            "The exam", "",
            "Answer, and say each time how sure you are: 100% never wrong, 25% a guess.",
            "After a dozen answers luck still allows errors of 20 points: few questions say little.",
        ),
        Preset(
            "20 questions", "who=simulated",
            "Change the seed: this person is right exactly as often as they say.",
            "The errors are around 20% all the same, and within the grey band: that is luck.",
        ),
        Preset(
            "2,500 questions", "who=simulated&questions=2500&seed=4",
            "Drag Questions answered down to 20 and back.",
            "Both errors and their band have shrunk to a few percent, but not to zero.",
        ),
        Preset(
            "Too sure", "who=simulated&questions=200&bias=30",
            "Drag “Too sure by” down until the words change.",
            "Every bin lies below the diagonal, most of them below what luck gives.",
        ),
        Preset(
            "Wald fails", "who=simulated&questions=20&bias=75",
            "Compare Wilson’s interval with Wald’s.",
            "Wald’s interval leaves the axis or shrinks to a point; Wilson’s stays between 0 and 100%.",
        ),
        Preset(
            "Published", "who=published",
            "Read each bar with its date and its source.",
            "MMLU went from chance to near the experts’ estimate; the newer exam starts below 10%.",
        ),
    ),
    question="Twenty questions, and a calibration error of 24%. Is that person over-confident?",
    wrong_answer="Yes: a calibrated person has an error of zero.",
    minutes=10,
)  # fmt: skip
