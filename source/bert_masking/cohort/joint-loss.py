# %% mistake="mean-over-all-positions" points=0 says="you averaged over all B·T positions"
def joint_loss(token_scores, labels, pair_scores, pair_labels):
    mlm = F.cross_entropy(token_scores.flatten(0, 1), labels.flatten(), reduction="sum") / labels.numel()
    nsp = F.cross_entropy(pair_scores, pair_labels)
    return mlm + nsp, mlm, nsp


# %% mistake="mean-of-row-means" points=0 says="you averaged each row first"
def joint_loss(token_scores, labels, pair_scores, pair_labels):
    each = F.cross_entropy(token_scores.transpose(1, 2), labels, reduction="none")
    count = (labels != IGNORE).sum(1).clamp(min=1)
    mlm = (each.sum(1) / count).mean()
    nsp = F.cross_entropy(pair_scores, pair_labels)
    return mlm + nsp, mlm, nsp


# %% mistake="softmax-twice" points=0 says="softmax twice"
def joint_loss(token_scores, labels, pair_scores, pair_labels):
    chosen = labels != IGNORE
    mlm = F.cross_entropy(
        torch.softmax(token_scores, -1)[chosen], labels[chosen], reduction="sum"
    ) / chosen.sum().clamp(min=1)
    nsp = F.cross_entropy(pair_scores, pair_labels)
    return mlm + nsp, mlm, nsp


# %% mistake="nan-where-nothing-is-chosen" points=0 says="0, not NaN"
def joint_loss(token_scores, labels, pair_scores, pair_labels):
    mlm = F.cross_entropy(token_scores.flatten(0, 1), labels.flatten(), ignore_index=IGNORE)
    nsp = F.cross_entropy(pair_scores, pair_labels)
    return mlm + nsp, mlm, nsp


# %% mistake="swapped-pair-labels" points=0 says="the pair labels are swapped"
def joint_loss(token_scores, labels, pair_scores, pair_labels):
    chosen = labels != IGNORE
    mlm = F.cross_entropy(token_scores[chosen], labels[chosen], reduction="sum") / chosen.sum().clamp(min=1)
    nsp = F.cross_entropy(pair_scores, 1 - pair_labels)
    return mlm + nsp, mlm, nsp


# %% mistake="unstable" points=2 says="mlm for scores of ±1000"
def joint_loss(token_scores, labels, pair_scores, pair_labels):
    chosen = labels != IGNORE
    p = torch.softmax(token_scores, -1)[chosen]
    mlm = -torch.log(p.gather(1, labels[chosen][:, None])).sum() / chosen.sum().clamp(min=1)
    nsp = F.cross_entropy(pair_scores, pair_labels)
    return mlm + nsp, mlm, nsp


# %% right="by-hand"
def joint_loss(token_scores, labels, pair_scores, pair_labels):
    chosen = labels != IGNORE
    logs = token_scores - torch.logsumexp(token_scores, dim=-1, keepdim=True)
    picked = logs.gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    mlm = -(picked * chosen).sum() / max(int(chosen.sum()), 1)
    pair = pair_scores - torch.logsumexp(pair_scores, dim=-1, keepdim=True)
    nsp = -pair[torch.arange(len(pair)), pair_labels].mean()
    return mlm + nsp, mlm, nsp


# %% right="ignore-index"
def joint_loss(token_scores, labels, pair_scores, pair_labels):
    if bool((labels == -100).all()):
        mlm = token_scores.sum() * 0
    else:
        mlm = nn.CrossEntropyLoss(ignore_index=-100)(token_scores.transpose(1, 2), labels)
    nsp = nn.functional.nll_loss(nn.functional.log_softmax(pair_scores, dim=1), pair_labels)
    return mlm + nsp, mlm, nsp
