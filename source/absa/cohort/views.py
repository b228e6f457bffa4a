# %% mistake="sum-not-sign" points=0 says="a pair's polarity is the *sign* of the sum"
def t_absa(tuples):
    totals = {}
    for target, aspect, _, polarity in tuples:
        totals[target, aspect] = totals.get((target, aspect), 0) + polarity
    return totals


# %% mistake="last-wins" points=0 says="the last tuple of a pair overwrote the others"
def t_absa(tuples):
    return {(target, aspect): polarity for target, aspect, _, polarity in tuples}


# %% mistake="neutral-skipped" points=0 says="neutral tuples count too"
def t_absa(tuples):
    totals = {}
    for target, aspect, _, polarity in tuples:
        if polarity:
            totals[target, aspect] = totals.get((target, aspect), 0) + polarity
    return {pair: (total > 0) - (total < 0) for pair, total in totals.items()}


# %% mistake="grounded-last-wins" points=0 says="the last tuple of a pair overwrote the others"
def tg_absa(tuples):
    out = {}
    for target, aspect, _, polarity in tuples:
        out.setdefault(target, {})[aspect] = polarity
    return out


# %% mistake="no-target-dropped" points=0 says="None is a target too"
def tg_absa(tuples):
    out = {}
    for target, aspect, _, polarity in tuples:
        if target is not None:
            out.setdefault(target, {}).setdefault(aspect, []).append(polarity)
    return {t: {a: int(np.sign(sum(p))) for a, p in aspects.items()} for t, aspects in out.items()}


# %% mistake="signs-of-pairs" points=0 says="add up the tuples (two complaints count twice)"
def tn_absa(tuples):
    pairs = {}
    for target, aspect, _, polarity in tuples:
        pairs.setdefault((target, aspect), []).append(polarity)
    out = {}
    for (target, _), polarities in pairs.items():
        out[target] = out.get(target, 0) + int(np.sign(sum(polarities)))
    return {target: int(np.sign(total)) for target, total in out.items()}


# %% mistake="target-sum" points=0 says="a target's polarity is the *sign* of the sum, not the sum"
def tn_absa(tuples):
    out = {}
    for target, _, _, polarity in tuples:
        out[target] = out.get(target, 0) + polarity
    return out


# %% right="lists-and-numpy"
def t_absa(tuples):
    groups = {}
    for target, aspect, _, polarity in tuples:
        groups.setdefault((target, aspect), []).append(polarity)
    return {pair: np.sign(np.sum(p)) for pair, p in groups.items()}


def tg_absa(tuples):
    out = {}
    for (target, aspect), polarity in t_absa(tuples).items():
        out.setdefault(target, {})[aspect] = polarity
    return out


# %% right="defaultdict"
def tn_absa(tuples):
    from collections import defaultdict

    total = defaultdict(int)
    for t in tuples:
        total[t[0]] += t[3]
    return {k: 1 if v > 0 else -1 if v < 0 else 0 for k, v in total.items()}
