"""The Optimization tab's presets and teacher's words. Each claim made here is tested against a run."""
