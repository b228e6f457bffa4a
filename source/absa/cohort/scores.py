# %% mistake="polarity-in-hit" points=0 says="a hit is a pair, whatever its polarity"
def absa_scores(gold, predicted, view=None):
    n = h = r = a = g = c = 0
    for t, p in zip(gold, predicted, strict=True):
        t, p = list(set(t)), list(set(p))
        a, g, c = a + len(t), g + len(p), c + len(set(t) & set(p))
        t, p = view(t), view(p)
        n += len(t)
        h += len(t.keys() & p.keys())
        r += sum(t[k] == p[k] for k in t if k in p)
    return {
        "hit_rate": r / n if n else 0.0,
        "polarity_accuracy": r / h if h else 0.0,
        "precision": c / g if g else 0.0,
        "recall": c / a if a else 0.0,
        "f1": 2 * c / (a + g) if a + g else 0.0,
    }


# %% mistake="accuracy-over-gold" points=0 says="polarity accuracy divides by the hits"
def absa_scores(gold, predicted, view=None):
    n = h = r = a = g = c = 0
    for t, p in zip(gold, predicted, strict=True):
        t, p = list(set(t)), list(set(p))
        a, g, c = a + len(t), g + len(p), c + len(set(t) & set(p))
        t, p = view(t), view(p)
        n += len(t)
        h += len(t.keys() & p.keys())
        r += sum(t[k] == p[k] for k in t if k in p)
    return {
        "hit_rate": h / n if n else 0.0,
        "polarity_accuracy": r / n if n else 0.0,
        "precision": c / g if g else 0.0,
        "recall": c / a if a else 0.0,
        "f1": 2 * c / (a + g) if a + g else 0.0,
    }


# %% mistake="duplicates-counted" points=0 says="a tuple given twice counts once"
def absa_scores(gold, predicted, view=None):
    n = h = r = a = g = c = 0
    for t, p in zip(gold, predicted, strict=True):
        a, g, c = a + len(t), g + len(p), c + len(set(t) & set(p))
        t, p = view(t), view(p)
        n += len(t)
        h += len(t.keys() & p.keys())
        r += sum(t[k] == p[k] for k in t if k in p)
    return {
        "hit_rate": h / n if n else 0.0,
        "polarity_accuracy": r / h if h else 0.0,
        "precision": c / g if g else 0.0,
        "recall": c / a if a else 0.0,
        "f1": 2 * c / (a + g) if a + g else 0.0,
    }


# %% mistake="swapped" points=0 says="you swapped them"
def absa_scores(gold, predicted, view=None):
    n = h = r = a = g = c = 0
    for t, p in zip(gold, predicted, strict=True):
        t, p = list(set(t)), list(set(p))
        a, g, c = a + len(t), g + len(p), c + len(set(t) & set(p))
        t, p = view(t), view(p)
        n += len(t)
        h += len(t.keys() & p.keys())
        r += sum(t[k] == p[k] for k in t if k in p)
    return {
        "hit_rate": h / n if n else 0.0,
        "polarity_accuracy": r / h if h else 0.0,
        "precision": c / a if a else 0.0,
        "recall": c / g if g else 0.0,
        "f1": 2 * c / (a + g) if a + g else 0.0,
    }


# %% mistake="ordinary-mean" points=0 says="F1 is the harmonic mean"
def absa_scores(gold, predicted, view=None):
    n = h = r = a = g = c = 0
    for t, p in zip(gold, predicted, strict=True):
        t, p = list(set(t)), list(set(p))
        a, g, c = a + len(t), g + len(p), c + len(set(t) & set(p))
        t, p = view(t), view(p)
        n += len(t)
        h += len(t.keys() & p.keys())
        r += sum(t[k] == p[k] for k in t if k in p)
    precision, recall = c / g if g else 0.0, c / a if a else 0.0
    return {
        "hit_rate": h / n if n else 0.0,
        "polarity_accuracy": r / h if h else 0.0,
        "precision": precision,
        "recall": recall,
        "f1": (precision + recall) / 2,
    }


# %% mistake="mean-of-sentences" points=0 says="(micro), not a mean of ratios"
def absa_scores(gold, predicted, view=None):
    rows = []
    for t, p in zip(gold, predicted, strict=True):
        t, p = list(dict.fromkeys(t)), list(dict.fromkeys(p))
        c, g, a = len(set(t) & set(p)), len(p), len(t)
        t, p = view(t), view(p)
        hits = [k for k in t if k in p]
        rows.append(
            [
                len(hits) / max(len(t), 1),
                sum(t[k] == p[k] for k in hits) / max(len(hits), 1),
                c / max(g, 1),
                c / max(a, 1),
                2 * c / max(a + g, 1),
            ]
        )
    return dict(zip(["hit_rate", "polarity_accuracy", "precision", "recall", "f1"], np.mean(rows, axis=0)))


# %% mistake="one-bag" points=0 says="you put all sentences into one bag"
def absa_scores(gold, predicted, view=None):
    if len(gold) != len(predicted):
        raise ValueError("lengths differ")
    t, p = list({x for s in gold for x in s}), list({x for s in predicted for x in s})
    c, a, g = len(set(t) & set(p)), len(t), len(p)
    t, p = view(t), view(p)
    both = t.keys() & p.keys()
    return {
        "hit_rate": len(both) / len(t) if t else 0.0,
        "polarity_accuracy": sum(t[k] == p[k] for k in both) / len(both) if both else 0.0,
        "precision": c / g if g else 0.0,
        "recall": c / a if a else 0.0,
        "f1": 2 * c / (a + g) if a + g else 0.0,
    }


# %% right="tagged-by-sentence"
def absa_scores(gold, predicted, view=None):
    if len(gold) != len(predicted):
        raise ValueError("gold and predicted must have the same sentences")

    def ratio(a, b):
        return a / b if b else 0.0

    g = {(i, t) for i, s in enumerate(gold) for t in s}
    p = {(i, t) for i, s in enumerate(predicted) for t in s}
    gv = {(i, k): v for i, s in enumerate(gold) for k, v in view(list(dict.fromkeys(s))).items()}
    pv = {(i, k): v for i, s in enumerate(predicted) for k, v in view(list(dict.fromkeys(s))).items()}
    hits = [k for k in gv if k in pv]
    precision, recall = ratio(len(g & p), len(p)), ratio(len(g & p), len(g))
    return {
        "hit_rate": ratio(len(hits), len(gv)),
        "polarity_accuracy": ratio(sum(gv[k] == pv[k] for k in hits), len(hits)),
        "precision": precision,
        "recall": recall,
        "f1": ratio(2 * precision * recall, precision + recall),
    }


# %% right="numpy-counts"
def absa_scores(gold, predicted, view=None):
    counts = np.zeros(6)
    for t, p in zip(gold, predicted, strict=True):
        t, p = sorted(set(t), key=str), sorted(set(p), key=str)
        vt, vp = view(t), view(p)
        hits = [k for k in vt if k in vp]
        counts += [len(vt), len(hits), sum(vt[k] == vp[k] for k in hits), len(t), len(p), sum(x in p for x in t)]
    n, h, r, a, g, c = counts
    return {
        "hit_rate": h / n if n else 0.0,
        "polarity_accuracy": r / h if h else 0.0,
        "precision": c / g if g else 0.0,
        "recall": c / a if a else 0.0,
        "f1": 2 * c / (a + g) if a + g else 0.0,
    }
