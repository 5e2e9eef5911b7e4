#!/usr/bin/env python3
"""How often each of several weighted record sets answers: inside the 99.9 % interval of the binomial distribution.

One honest run in a thousand is outside of it; so what is outside is drawn again, and must then be inside.
"""
import math
import unittest

from policy_server import FULL, ZONE, PolicyServer
from world import World, address

QUERIES = 1_000_000 if FULL else 20_000
CONFIDENCE = 0.999


def interval(draws: int, odds: float) -> tuple[int, int]:
    """The central interval of a binomial distribution: at most half of what is left on each side."""
    if odds in (0, 1):
        return round(draws * odds), round(draws * odds)

    def log_mass(n: int) -> float:
        return (math.lgamma(draws + 1) - math.lgamma(n + 1) - math.lgamma(draws - n + 1)
                + n * math.log(odds) + (draws - n) * math.log1p(-odds))
    spread = 6 * math.sqrt(draws * odds * (1 - odds)) + 10
    low, high = max(0, int(draws * odds - spread)), min(draws, int(draws * odds + spread))
    tail = (1 - CONFIDENCE) / 2

    def first_beyond(numbers) -> int:
        total = 0.0
        for n in numbers:
            total += math.exp(log_mass(n))
            if total > tail:
                return n
        raise AssertionError("the distribution has no middle")
    return first_beyond(range(low, high + 1)), first_beyond(range(high, low - 1, -1))


class Weights(unittest.TestCase):
    def test_shares_of_answers(self):
        with PolicyServer(World()) as server:
            server.client.make_zone()
            for number, weights in enumerate([(80, 20), (1, 3), (255, 1), (0, 0), (0, 5), (3, 0, 1)]):
                name = f"w{number}"
                server.client.put_group(name, [{"Weight": weight} for weight in weights])
                with self.subTest(weights=weights):
                    self.check(server, name, weights)

    def check(self, server: PolicyServer, name: str, weights: tuple[int, ...], again: bool = True):
        found = server.dns_client.tally(f"{name}.{ZONE}", QUERIES)
        self.assertEqual(sum(found.values()), QUERIES)
        outside = []
        for position, weight in enumerate(weights):
            odds = weight / sum(weights) if sum(weights) else 1 / len(weights)
            low, high = interval(QUERIES, odds)
            count = found[(address(position),)]
            print(f"{'/'.join(map(str, weights)):>8}: {count:>8} of {QUERIES}, 99.9 % are {low} to {high}")
            if not low <= count <= high:
                outside.append((position, count, low, high))
        if outside and again:
            self.check(server, name, weights, again=False)
        else:
            self.assertEqual(outside, [])


if __name__ == "__main__":
    unittest.main()
