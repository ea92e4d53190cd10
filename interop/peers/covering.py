"""Few combinations that hold every pair: pairwise testing.

    rows, pairs = combinations(FACTORS, EXCLUDED)    rows are {factor: level}; each possible pair of levels of two factors is in one or more

FACTORS is {factor: [level, …]}. EXCLUDED is a list of (factor, levels, other factor, its levels, why): no row has one of the levels with one of the
others. A pair is possible if some row without an excluded pair holds it: what follows from EXCLUDED is found out by search.
The rows are the same in each run.
"""

import collections
import itertools
import random

TRIES = 12  # rows that are made up for each one that is taken: more of them give fewer rows


class Covering:
    def __init__(self, factors, excluded):
        self.factors = factors
        self.apart = {}  # what no row has beside a choice, where there is anything
        for factor, levels, other, others, _ in excluded:
            for a, b in itertools.product(levels, others):
                assert a in factors[factor] and b in factors[other], (factor, a, other, b)
                self.apart.setdefault((factor, a), set()).add((other, b))
                self.apart.setdefault((other, b), set()).add((factor, a))
        self.bound = [n for n in factors if any((n, level) in self.apart for level in factors[n])]

    def fits(self, row, choice):
        return all(row.get(n) != level for n, level in self.apart.get(choice, ()))

    def completable(self, row):
        """Whether the factors that a row lacks all have levels that go with it and with each other."""
        possible = {n: [level for level in self.factors[n] if self.fits(row, (n, level))] for n in self.bound if n not in row}
        if not possible:
            return True
        name = min(possible, key=lambda n: len(possible[n]))  # what is impossible shows early
        return any(self.completable({**row, name: level}) for level in possible[name])

    def possible_pairs(self):
        pairs = set()
        for a, b in itertools.combinations(self.factors, 2):
            for x, y in itertools.product(self.factors[a], self.factors[b]):
                row = {a: x, b: y}
                if (b, y) not in self.apart.get((a, x), ()) and self.completable(row):
                    pairs.add(((a, x), (b, y)))
        return pairs

    def made_up(self, uncovered, random_):
        """A row with the first pair that no row has, and with as many others as a greedy choice finds."""
        row = dict(min(uncovered))
        both = uncovered | {(b, a) for a, b in uncovered}
        left = [n for n in self.factors if n not in row]
        random_.shuffle(left)
        for name in left:
            levels = [level for level in self.factors[name] if self.fits(row, (name, level))]
            random_.shuffle(levels)
            levels.sort(key=lambda level: sum(((name, level), other) in both for other in row.items()), reverse=True)
            row[name] = next(level for level in levels if self.completable({**row, name: level}))
        return {n: row[n] for n in self.factors}


def pairs_of(row):
    return set(itertools.combinations(row.items(), 2))


def combinations(factors, excluded, seed=1):
    covering, random_ = Covering(factors, excluded), random.Random(seed)
    possible = covering.possible_pairs()
    uncovered, rows = set(possible), []
    while uncovered:
        best = max((covering.made_up(uncovered, random_) for _ in range(TRIES)), key=lambda row: len(pairs_of(row) & uncovered))
        uncovered -= pairs_of(best)
        rows.append(best)
    return rows, possible


def pairs_text(factors, rows, possible):
    """For people: the levels, and how many rows have each pair of them; a dot is a pair that cannot be."""
    levels = [(factor, level) for factor in factors for level in factors[factor]]
    counts = collections.Counter(pair for row in rows for pair in pairs_of(row))
    lines = ["%d rows have all of %d pairs" % (len(rows), len(possible))] + ["%3d  %s: %s" % (n, *choice) for n, choice in enumerate(levels)]
    for n, choice in enumerate(levels):
        cells = ["%2s" % (counts[(choice, other)] if (choice, other) in possible else ".") for other in levels[n + 1 :]]
        lines.append("%3d %s" % (n, "   " * n + " ".join(cells)))
    return "\n".join(lines) + "\n"
