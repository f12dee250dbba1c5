"""The Regularization tab's cards: presets and teacher's words, one file a scene."""
