"""Whole programs: random functions, and tests that ask them what the reference
evaluator says they give."""
from . import evaluate, tree, values
from .bodies import Bodies

ASKS = 3  # of a function


class Program:
    def __init__(self, seed, count):
        self.generator = Bodies(seed)
        self.generator.declare(4)
        self.functions = [self.generator.function() for _ in range(count)]

    def declarations(self):
        out = [tree.type_line(t) for t in self.generator.types]
        for f in self.functions:
            out += tree.function_lines(f)
        return out

    def tests(self):
        out = []
        for f in self.functions:
            asked = [self.ask(f, k) for k in range(ASKS)]
            if any(asked):
                out += [f'test "{f.name}" {{', *sum(asked, []), "}"]
        return out

    def text(self):
        return "\n".join(self.declarations() + self.tests()) + "\n"

    def ask(self, f, number):
        """Statements of a test; none where the language promises nothing."""
        args = [self.generator.value(t) for _, t in f.params]
        given = ", ".join(values.literal(t, v) for (_, t), v in zip(f.params, args))
        shown = f"repr({f.name}({given}))"
        machine = evaluate.Machine({g.name: g for g in self.functions})
        try:
            result = values.python_form(f.result, machine.need(machine.call(f, args)))
            return [f"  assert {shown} == {values.quote(result)}"]
        except values.Failure as e:
            said = f"said{number}"
            return [f'  var {said} = ""',
                    f'  try {{ {said} = {shown} }} else e '
                    f'{{ {said} = "{{e.kind}} {{e.status}} {{e.message}}" }}',
                    f"  assert {said} == {values.quote(f'{e.kind} {e.status} {e.message}')}"]
        except values.Unspecified:
            return []
