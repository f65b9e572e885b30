"""Server-sent events read by httpx-sse and sseclient-py; metrics by prometheus_client."""
import math
import unittest

import httpx
import httpx_sse
import requests
import sseclient
from prometheus_client.parser import text_string_to_metric_families
from shop import Shop

WORDS = [f"word {i}\n" for i in range(50)]


class Events(Shop):
    def test_httpx_sse(self):
        for accept in "identity", "gzip":
            with httpx.Client(headers={"Accept-Encoding": accept}) as client, \
                    httpx_sse.connect_sse(client, "GET", self.server.url + "/events?n=50&gap=0.002") as source:
                got = list(source.iter_sse())
            self.assertEqual([e.data for e in got], WORDS)
            self.assertEqual({e.event for e in got}, {"message"})

    def test_sseclient(self):
        with requests.get(self.server.url + "/events?n=50", stream=True) as answer:
            self.assertEqual([e.data for e in sseclient.SSEClient(answer).events()], WORDS)

    def test_who_stops_reading(self):
        for _ in range(5):
            with requests.get(self.server.url + "/events?n=1000000", stream=True) as answer:
                self.assertEqual(next(sseclient.SSEClient(answer).events()).data, WORDS[0])


class Metrics(Shop):
    def test_the_page(self):
        odd = ['plain', 'quote"', "back\\slash", "new\nline", "é 😀", "{a=\"b\"}", "a,b"]
        for how in odd:
            for _ in range(3):
                self.assertEqual(requests.get(self.server.url + "/noted", {"how": how}).text, how)
        text = requests.get(self.server.url + "/metrics").text
        families = {f.name: f for f in text_string_to_metric_families(text)}
        asked = {s.labels["how"]: s.value for s in families["asked"].samples}
        self.assertEqual(asked, {how: 3.0 for how in odd})
        self.assertEqual((families["asked"].type, families["asked"].documentation), ("counter", "What was asked, by how."))
        sizes = families["sizes"]
        self.assertEqual(sizes.type, "histogram")
        buckets = {float(s.labels["le"]): s.value for s in sizes.samples if s.name == "sizes_bucket"}
        count = next(s.value for s in sizes.samples if s.name == "sizes_count")
        self.assertEqual((buckets[math.inf], buckets[1.0]), (count, 0.0))
        self.assertEqual(count, 3.0 * len(odd))
        for family in families.values():
            self.assertNotEqual(family.type, "unknown", family.name)
            self.assertTrue(family.documentation, family.name)


if __name__ == "__main__":
    unittest.main()
