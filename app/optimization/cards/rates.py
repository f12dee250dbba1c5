"""Presets and teacher's words of the learning-rate map."""

from __future__ import annotations

from app.stage.scene import Card, Preset

RATES = Card(
    presets=(
        Preset(
            "Heavy ball", "",
            "Click the star, then a pixel just beyond the solid line.",
            "Polyak’s optimum is where theory puts it, four times as fast as gradient descent’s best.",
        ),
        Preset(
            "Round bowl", "condition=4&selected=[0.4,0]",
            "Compare with condition number 20.",
            "The fast region is wide: with little contrast in curvature almost any momentum will do.",
        ),
        Preset(
            "Narrow bowl",
            "condition=400&steps=600&rate_low=0.0001&rate_high=0.1&second_high=0.999&selected=[0.0047,0]",
            "Look for gradient descent along the lower edge, then click the star.",
            "Without momentum a digit takes hundreds of steps; the best momentum has moved above 0.8.",
        ),
        Preset(
            "Nesterov", "optimizer=nesterov&selected=[0.0656,0.592]",
            "Compare the solid line with the heavy ball’s.",
            "It leans the other way: the more momentum, the smaller the rate that Nesterov bears.",
        ),
        Preset(
            "Adam", "optimizer=adam&rate_high=10&second_high=0.9999&selected=[0.1,0.999]",
            "Click across the map, the lower right corner too.",
            "Hardly a run flies off, but with a short memory and a large rate none comes nearer either.",
        ),
        Preset(
            "Rosenbrock",
            "surface=rosenbrock&steps=1000&rate_low=0.00001&rate_high=0.01&selected=[0.001,0.9]",
            "Look for the edge of the hatched region.",
            "No theory covers a bent valley: where runs diverge is ragged, and only momentum is quick.",
        ),
    ),
    question="Where on this map is the fastest run, and how far is it from the cliff?",
    wrong_answer="In the safe middle, far from divergence.",
    minutes=10,
)  # fmt: skip
