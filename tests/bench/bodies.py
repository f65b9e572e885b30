"""The five bodies of bodies.sg in Python, and their inputs.

As a program it is the peer: it reads lines `name times input` from stdin (the input
as JSON), and answers each with one line, `nanoseconds result`: the CPU time of so
many executions in a row, and what the last of them gave.
"""
import json
import random
import sys
import time


def words(text):
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def reshape(text):
    orders = json.loads(text)
    lines = []
    for order in orders:
        total = 0.0
        skus = []
        for item in order["items"]:
            total += item["price"] * item["quantity"]
            skus.append(item["sku"])
        lines.append({"order": order["id"], "customer": order["customer"],
                      "total": total, "skus": skus})
    return json.dumps({"lines": lines, "count": len(lines)}, separators=(",", ":"))


def build(rows):
    text = ""
    for i in range(rows):
        text += f"row {i}: {i * i} of {rows}\n"
    return text


def order(numbers):
    return sorted(numbers)


def loop(steps):
    x = 0.5
    above = 0
    hash = 7
    for i in range(steps):
        x = 3.7 * x * (1.0 - x)
        if x > 0.5:
            above += 1
        hash = (hash * 31 + i) % 1000003
    return above * 1000003 + hash


BODIES = {"words": words, "reshape": reshape, "build": build, "order": order, "loop": loop}


def inputs():
    """{name: (input, executions in a request, requests of a round)}"""
    r = random.Random(7)
    vocabulary = ["".join(r.choices("etaoinshrdlu", k=r.randint(2, 9))) for _ in range(600)]
    text = " ".join(r.choices(vocabulary, k=1700))
    orders = [{"id": n, "customer": f"customer {r.randint(1, 99)}", "note": None,
               "items": [{"sku": f"sku-{r.randint(1000, 9999)}",
                          "price": r.randint(100, 99999) / 100,
                          "quantity": r.randint(1, 9)} for _ in range(4)]}
              for n in range(40)]
    return {"words": (text, 10, 50), "reshape": (json.dumps(orders), 10, 50),
            "build": (1000, 4, 50), "order": ([r.random() * 1000 for _ in range(10_000)], 10, 10),
            "loop": (1_000_000, 2, 2)}


def main():
    for line in sys.stdin:
        name, times, given = line.split(" ", 2)
        body, given = BODIES[name], json.loads(given)
        begin = time.process_time_ns()
        for _ in range(int(times)):
            result = body(given)
        spent = time.process_time_ns() - begin
        print(spent, json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
