#!/usr/bin/env python3
"""Prints the edges of a picture made by `sgc --graphviz`, a line each.

usage: sgc --graphviz FILE | dot_edges.py
"""
import re
import sys

names, edges = {}, []
for line in sys.stdin:
    node = re.match(r'\s*(\w+) \[ label=(?:"([^"]*)"|<([^<>]*))', line)
    edge = re.match(r'\s*(\w+) -> (\w+) \[ (?:label="((?:\\.|[^"\\])*)")?', line)
    if node:
        names[node[1]] = node[2] or node[3]
    elif edge and edge[3]:
        edges.append((edge[1], edge[2], edge[3].replace('\\"', '"')))
for a, b, kind in edges:
    print(f"  {names[a]} -> {names[b]}: {kind}")
