"""What a penalty does to a model: geometry, coefficient paths, overfitting."""
