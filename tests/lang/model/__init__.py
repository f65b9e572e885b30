"""A model of the language, for tests: random programs and what they must do.

types.py, values.py, operators.py   the reference: slow, simple, from DESIGN's words
tree.py                             what programs are made of, and how it is written
world.py, evaluate.py               virtual time, and the reference evaluator
generate.py, bodies.py              random well-typed expressions and functions
worlds.py                           deployments, apps and graphs around them
programs.py                         whole programs, with the tests that ask them
mistakes.py                         one mistake in a program that was right
"""
