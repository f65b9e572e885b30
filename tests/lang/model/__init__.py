"""A model of the language, for tests: random programs and what they must do.

types.py, values.py, operators.py   the reference: slow, simple, from DESIGN's words
tree.py                             what programs are made of, and how it is written
evaluate.py                         the reference evaluator of bodies
generate.py                         random well-typed functions
mistakes.py                         one mistake in a program that was right
"""
