"""How good is it: measures of what models have learned, each with its unit and its pitfalls."""
