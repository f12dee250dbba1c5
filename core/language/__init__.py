"""Language models, from counted n-grams to transformers, and what they read: tokens.

Nothing is imported here, so that a notebook which needs one model pays for one.
"""
