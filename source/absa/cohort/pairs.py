# %% mistake="no-toll" points=0 says="a clause mark between the two costs the toll on top"
def pair_spans(aspects, opinions, cuts, toll=6):
    def gap(a, o):
        return max(o[0] - a[1], a[0] - o[1], 0)

    return [(min(sorted(aspects), key=lambda a: gap(a, o), default=None), o) for o in opinions]


# %% mistake="by-order" points=0 says="you paired by order"
def pair_spans(aspects, opinions, cuts, toll=6):
    return [(aspects[min(i, len(aspects) - 1)] if aspects else None, o) for i, o in enumerate(opinions)]


# %% mistake="order-swapped" points=0 says="each result is (aspect, opinion)"
def pair_spans(aspects, opinions, cuts, toll=6):
    def cost(a, o):
        first, second = sorted([a, o])
        between = range(first[1], second[0])
        return len(between) + toll * sum(c in between for c in cuts)

    return [(o, min(sorted(aspects), key=lambda a: cost(a, o), default=None)) for o in opinions]


# %% mistake="tie-by-list" points=0 says="of equals, take the aspect that begins first in the sentence"
def pair_spans(aspects, opinions, cuts, toll=6):
    def cost(a, o):
        first, second = sorted([a, o])
        between = range(first[1], second[0])
        return len(between) + toll * sum(c in between for c in cuts)

    return [(min(aspects, key=lambda a: cost(a, o), default=None), o) for o in opinions]


# %% mistake="lonely-opinion-dropped" points=0 says="pair it with None"
def pair_spans(aspects, opinions, cuts, toll=6):
    def cost(a, o):
        first, second = sorted([a, o])
        between = range(first[1], second[0])
        return len(between) + toll * sum(c in between for c in cuts)

    return [(min(sorted(aspects), key=lambda a: cost(a, o)), o) for o in opinions if aspects]


# %% mistake="starts-only" points=0 says="distances are between the nearest ends"
def pair_spans(aspects, opinions, cuts, toll=6):
    def cost(a, o):
        low, high = sorted([a[0], o[0]])
        return high - low + toll * sum(low < c < high for c in cuts)

    return [(min(sorted(aspects), key=lambda a: cost(a, o), default=None), o) for o in opinions]


# %% right="loops"
def pair_spans(aspects, opinions, cuts, toll=6):
    result = []
    for o in opinions:
        best, lowest = None, float("inf")
        for a in sorted(aspects):
            left, right = (a[1], o[0]) if a[0] < o[0] else (o[1], a[0])
            price = 0
            for i in range(left, right):
                price += 1 + (toll if i in cuts else 0)
            if price < lowest:
                best, lowest = a, price
        result.append((best, o))
    return result


# %% right="numpy-costs"
def pair_spans(aspects, opinions, cuts, toll=6):
    if not aspects:
        return [(None, o) for o in opinions]
    ordered = sorted(aspects)
    marks = np.array(cuts)
    out = []
    for o in opinions:
        low = np.array([min(a[1], o[1]) for a in ordered])
        high = np.array([max(a[0], o[0]) for a in ordered])
        walls = np.array([((marks >= x) & (marks < y)).sum() for x, y in zip(low, high)])
        out.append((ordered[int(np.argmin(np.maximum(high - low, 0) + toll * walls))], o))
    return out
