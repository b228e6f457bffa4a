# %% mistake="segment-one-from-first-sep" points=0 says="the first [SEP] belongs to the first sentence"
def pack(first, second=None, length=16):
    first, second = list(first), None if second is None else list(second)
    while len(first) + len(second or []) + (2 if second is None else 3) > length:
        if second is None or len(first) > len(second):
            first.pop()
        else:
            second.pop()
    ids = [CLS] + first + [SEP] + (second + [SEP] if second is not None else [])
    segments = [0] * (len(first) + 1) + [1] * (len(ids) - len(first) - 1) if second is not None else [0] * len(ids)
    rest = length - len(ids)
    return {
        "input_ids": np.array(ids + [PAD] * rest),
        "token_type_ids": np.array(segments + [0] * rest),
        "attention_mask": np.array([1] * len(ids) + [0] * rest),
        "position_ids": np.arange(length),
    }


# %% mistake="padding-in-segment-one" points=0 says="padding has segment 0"
def pack(first, second=None, length=16):
    first, second = list(first), None if second is None else list(second)
    while len(first) + len(second or []) + (2 if second is None else 3) > length:
        if second is None or len(first) > len(second):
            first.pop()
        else:
            second.pop()
    ids = [CLS] + first + [SEP] + (second + [SEP] if second is not None else [])
    rest = length - len(ids)
    segments = np.zeros(length, int)
    if second is not None:
        segments[len(first) + 2 :] = 1
    return {
        "input_ids": np.array(ids + [PAD] * rest),
        "token_type_ids": segments,
        "attention_mask": np.array([1] * len(ids) + [0] * rest),
        "position_ids": np.arange(length),
    }


# %% mistake="cuts-the-row" points=0 says="you cut the end of the row off, and the last [SEP] with it"
def pack(first, second=None, length=16):
    ids = [CLS, *first, SEP] + ([*second, SEP] if second is not None else [])
    segments = [0] * (len(first) + 2) + [1] * (len(ids) - len(first) - 2)
    ids, segments = ids[:length], segments[:length]
    rest = length - len(ids)
    return {
        "input_ids": np.array(ids + [PAD] * rest),
        "token_type_ids": np.array(segments + [0] * rest),
        "attention_mask": np.array([1] * len(ids) + [0] * rest),
        "position_ids": np.arange(length),
    }


# %% mistake="positions-begin-again" points=0 says="they do not begin again in the second sentence"
def pack(first, second=None, length=16):
    pieces = [list(first)] if second is None else [list(first), list(second)]
    while sum(map(len, pieces)) + len(pieces) + 1 > length:
        max(reversed(pieces), key=len).pop()
    ids, segments, positions = [CLS], [0], [0]
    for number, piece in enumerate(pieces):
        ids += [*piece, SEP]
        segments += [number] * (len(piece) + 1)
        positions += list(range(1 - number, len(piece) + 2 - number))
    rest = [0] * (length - len(ids))
    return {
        "input_ids": np.array(ids + rest),
        "token_type_ids": np.array(segments + rest),
        "attention_mask": np.array([1] * len(ids) + rest),
        "position_ids": np.array(positions + rest),
    }


# %% mistake="shortens-the-callers-lists" points=0 says="the lists given to pack"
def pack(first, second=None, length=16):
    while len(first) + len(second or []) + (2 if second is None else 3) > length:
        if second is None or len(first) > len(second):
            first.pop()
        else:
            second.pop()
    ids = [CLS] + first + [SEP] + (second + [SEP] if second is not None else [])
    segments = [0] * (len(first) + 2) + [1] * (len(ids) - len(first) - 2)
    rest = [0] * (length - len(ids))
    return {
        "input_ids": np.array(ids + rest),
        "token_type_ids": np.array(segments + rest),
        "attention_mask": np.array([1] * len(ids) + rest),
        "position_ids": np.arange(length),
    }


# %% mistake="second-sentence-gives-way" points=0 says="the longer one gives way first"
def pack(first, second=None, length=16):
    if second is None:
        first, second_part = first[: length - 2], []
    else:
        first = first[: length - 3]
        second_part = [*second[: length - 3 - len(first)], SEP]
    ids = [CLS, *first, SEP, *second_part]
    rest = [0] * (length - len(ids))
    return {
        "input_ids": np.array(ids + rest),
        "token_type_ids": np.array([0] * (len(first) + 2) + [1] * len(second_part) + rest),
        "attention_mask": np.array([1] * len(ids) + rest),
        "position_ids": np.arange(length),
    }


# %% right="closed-form"
def pack(first, second=None, length=16):
    n, m = len(first), 0 if second is None else len(second)
    room = length - (2 if second is None else 3)
    if second is None:
        n = min(n, room)
    elif n + m > room:
        if n > m:
            n = max(m, room - m)
        elif m > n:
            m = max(n, room - n)
        if n + m > room:
            n, m = (room + 1) // 2, room // 2
    row = np.full(length, PAD, dtype=np.int64)
    kinds, mask = np.zeros(length, dtype=np.int64), np.zeros(length, dtype=np.int64)
    row[0] = CLS
    row[1 : n + 1] = first[:n]
    row[n + 1] = SEP
    end = n + 2
    if second is not None:
        row[end : end + m] = second[:m]
        row[end + m] = SEP
        kinds[end : end + m + 1] = 1
        end += m + 1
    mask[:end] = 1
    return {"input_ids": row, "token_type_ids": kinds, "attention_mask": mask, "position_ids": np.arange(length)}


# %% right="int32-and-comparison"
def pack(first, second=None, length=16):
    a, b = list(first), list(second) if second is not None else None
    special = 3 if b is not None else 2
    while len(a) + (len(b) if b is not None else 0) > length - special:
        if b is None or len(a) > len(b):
            a = a[:-1]
        else:
            b = b[:-1]
    ids = [CLS] + a + [SEP]
    kinds = [0] * len(ids)
    if b is not None:
        ids += b + [SEP]
        kinds += [1] * (len(b) + 1)
    ids = np.array(ids + [PAD] * (length - len(ids)), dtype=np.int32)
    kinds = np.pad(np.array(kinds, dtype=np.int32), (0, length - len(kinds)))
    return {
        "position_ids": np.array(range(length)),
        "attention_mask": (ids != PAD).astype(np.int32),
        "token_type_ids": kinds,
        "input_ids": ids,
    }
