"""Presets and teacher's words of the optimizer race."""

from __future__ import annotations

from app.stage.scene import Card, Preset

_REDDI = (
    "surface=reddi&steps=1000&log_axis=false&curve=distance"
    "&gradient_descent.on=false&momentum.on=false&nesterov.on=false&rmsprop.on=false&amsgrad.on=true"
    "&adam.beta1=0&adam.beta2=0.1&adam.learning_rate=0.05"
    "&amsgrad.beta1=0&amsgrad.beta2=0.1&amsgrad.learning_rate=0.05"
)

RACE = Card(
    presets=(
        Preset(
            "Narrow bowl", "",
            "Press play, then drag the start.",
            "Gradient descent creeps along the flat direction; momentum arrives sooner and overshoots.",
        ),
        Preset(
            "Scale the loss", "loss_scale=20",
            "Drag Loss scale from 1 to 20.",
            "Gradient descent, momentum and Nesterov diverge; AdaGrad, RMSProp and Adam do not even notice.",
        ),
        Preset(
            "Turn the axes", "rotation=45",
            "Drag Rotation from 0° to 45°.",
            "Gradient descent and momentum arrive as before; Adam and RMSProp need twice the steps.",
        ),
        Preset(
            "Rosenbrock",
            "surface=rosenbrock&steps=1000&gradient_descent.learning_rate=0.002"
            "&momentum.learning_rate=0.002&nesterov.learning_rate=0.0005&rmsprop.learning_rate=0.02",
            "Play, and watch who gets round the bend.",
            "Everyone finds the valley at once; along its floor only momentum and Adam arrive in time.",
        ),
        Preset(
            "Adam fails", _REDDI,
            "Play, and inspect Adam’s second moment at each third step.",
            "Adam walks to the worst point, +1; AMSGrad never forgets a large gradient and finds −1.",
        ),
        Preset(
            "Your formula",
            "surface=formula&steps=1000&start=[-1.5,2]&gradient_descent.learning_rate=0.002"
            "&momentum.learning_rate=0.0005&nesterov.learning_rate=0.0005&rmsprop.learning_rate=0.02",
            "Type any f(x, y) in place of this one.",
            "It is differentiated exactly; the minima in the picture are found and marked.",
        ),
    ),
    question="All start together. If I make the loss twenty times larger, who still arrives?",
    wrong_answer="All of them: the minimum has not moved.",
    minutes=10,
)  # fmt: skip
