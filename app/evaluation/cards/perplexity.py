"""Perplexity's presets and teacher's words. Each claim made here is tested against a run."""

from __future__ import annotations

from app.stage.scene import Card, Preset

PERPLEXITY = Card(
    presets=(
        Preset(
            "A story", "",
            "Click on tokens that stand out, and on some that do not.",
            "Most tokens cost next to nothing; a fifth of them, names and things, carries most of it.",
        ),
        Preset(
            "Two units", "front=characters&measure=perplexity",
            "Read both columns of the table, then set Running to bits per byte.",
            "Over characters perplexity is lower and bits per byte higher: it compares no two tokenizers.",
        ),
        Preset(
            "Uniform guess", "front=uniform&measure=perplexity",
            "Choose another story, or type a text.",
            "Its line is flat: the perplexity is the number of tokens, whatever the text.",
        ),
        Preset(
            "Unseen word",
            "passage=typed&order=2&smoothing=maximum_likelihood&at=77"
            "&text=The wind had been blowing since dawn, and it was a windy Monday. Ida had a jaguar.",
            "Find the word that was never counted, then set the smoothing back to modified Kneser-Ney.",
            "“jaguar” gets probability 0: infinite surprise, and with it the perplexity of the whole text.",
        ),
        Preset(
            "Cut to pieces", "context=8&stride=8",
            "Drag “Window moves by” down to 1.",
            "Each piece of 8 tokens begins blind, and the score is worse; windows that overlap repair it.",
        ),
        Preset(
            "Sure and wrong", "passage=typed&measure=perplexity&at=30&text=Zoë’s café sells crème brûlée.",
            "Compare the n-gram with the uniform guess.",
            "The n-gram’s perplexity is above the size of its vocabulary: worse than knowing nothing.",
        ),
    ),
    question="A model over characters has perplexity 2, one over words 40. Which knows the language better?",
    wrong_answer="The one with perplexity 2: lower is better.",
    minutes=8,
)  # fmt: skip
