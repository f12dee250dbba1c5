"""The Evaluation tab's cards: presets and teacher's words, a module for each scene."""
