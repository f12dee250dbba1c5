"""The Evaluation tab: one view per scene, named as its engine in core."""
