"""The Optimization tab's presets and teacher's words. Each claim made here is tested against a run."""

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

PROTOCOLS = Card(
    presets=(
        Preset(
            "A narrow bowl", "",
            "Compare the three columns; click an optimizer to see that race.",
            "Nesterov wins with one rate for all, nobody arrives with the defaults, RMSProp wins when tuned.",
        ),
        Preset(
            "Rosenbrock’s valley", "surface=rosenbrock&steps=1000&same_rate=0.002",
            "Follow gradient descent’s line from column to column.",
            "A rate that suits one optimizer throws another out of the valley.",
        ),
        Preset(
            "A turned bowl", "rotation=45&condition=50",
            "Look at the adaptive methods after tuning.",
            "Along slanted axes tuning does not give AdaGrad back what the rotation took.",
        ),
    ),
    question="Two papers race the same optimizers and report different winners. Who is wrong?",
    wrong_answer="One of them must have made a mistake.",
    minutes=8,
)  # fmt: skip

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

BASINS = Card(
    presets=(
        Preset(
            "Four valleys", "",
            "Drag the start across a border.",
            "A hair’s breadth decides which of Himmelblau’s four minima is reached.",
        ),
        Preset(
            "Momentum", "optimizer=momentum",
            "Compare with gradient descent.",
            "The borders are folded: a run with momentum rolls through one valley into another.",
        ),
        Preset(
            "Too fast", "learning_rate=0.0125",
            "Drag the learning rate from 0.005 up to here.",
            "The rim belongs to other valleys now: the first step is so long that it lands across one.",
        ),
        Preset(
            "Saddle", "surface=saddle&learning_rate=0.02&start=[2,0]",
            "Play, then drag the start up by a hair.",
            "From y = 0 nobody leaves the saddle: its gradient points straight into it.",
        ),
        Preset(
            "Egg box", "surface=rastrigin&start=[2.3,1.4]",
            "Read off how many starts find the best minimum.",
            "121 squares of one size: every start finds the nearest minimum, one in a hundred the best.",
        ),
    ),
    question="Two runs start a millimetre apart. Do they end in the same place?",
    wrong_answer="Of course: the surface is smooth.",
    minutes=5,
)  # fmt: skip

MODELS = Card(
    presets=(
        Preset(
            "Rare words", "",
            "Compare the markers in the lowest rows: AdaGrad’s and gradient descent’s.",
            "AdaGrad keeps a large rate for words that it has seldom seen, and is ahead of momentum.",
        ),
        Preset(
            "Unlike units", "problem=regression&condition=1000&batch_size=32&l2=0&inspected=adam",
            "Watch the directions with little curvature, the lowest rows.",
            "All learn the steep ones at once; the flat ones only who has a rate for each feature.",
        ),
        Preset(
            "Correlated",
            "problem=regression&condition=1000&correlated=true&batch_size=32&l2=0&inspected=adam",
            "Compare with the preset before: the same curvatures, along mixtures of features.",
            "The adaptive methods have lost their lead to Nesterov: a mixture has no rate of its own.",
        ),
        Preset(
            "Small network", "problem=mlp&batch_size=32&inspected=adam",
            "Paint points of your own.",
            "The border bends around them while the network learns.",
        ),
        Preset(
            "Exact zeros", "l1=0.003&l2=0&curve=zeros",
            "Change “L1 is met by” to Subgradient.",
            "The proximal step holds half of the weights at exactly 0; the subgradient none that was in use.",
        ),
        Preset(
            "Hands on", "rates=own&inspected=gradient_descent",
            "Stop in the middle and change gradient descent’s learning rate.",
            "Its curve takes another way from that very step; what came before stays.",
        ),
    ),
    question="Which optimizer would you choose for words that occur twice in a thousand messages?",
    wrong_answer="The one with the fastest first step.",
    minutes=10,
)  # fmt: skip

SOFTMAX = Card(
    presets=(
        Preset(
            "Half precision", "",
            "Drag the tallest bar down below 11.09.",
            "In float16 exp(12) is infinite and ∞/∞ undefined; float32 and float64 still hold.",
        ),
        Preset(
            "A sum too large", "logits=[11,11,11]",
            "Look at the sum in float16.",
            "Each exponential is finite, their sum is not: every probability reads 0.",
        ),
        Preset(
            "All too small", "logits=[1,0]&add=-800",
            "Raise “Add to all” until the naive form recovers.",
            "Every exponential is 0, and 0/0 undefined, even in float64; the stable form has not changed.",
        ),
        Preset(
            "All too large", "logits=[1,0]&add=800",
            "Move “Add to all” through 0.",
            "The same two probabilities at every position in the stable form: the constant cancels.",
        ),
        Preset(
            "The loss becomes infinite", "logits=[-800,0]&shows=cross_entropy",
            "Compare the two forms of the loss at the target.",
            "The naive form takes the log of 0; the stable one gives 800.",
        ),
    ),
    question="exp(800) is infinite in every precision. How can softmax still be computed exactly?",
    wrong_answer="With more bits.",
    minutes=5,
)  # fmt: skip
