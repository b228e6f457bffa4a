# %% mistake="no-prompt" points=0 says="the prompt is missing"
def write(prompt, count, model, rng, temperature=1.0, step=lstm_step):
    alphabet, text = model["alphabet"], prompt
    one_hot = np.eye(len(alphabet))
    h = c = np.zeros((1, len(model["lstm"]["b"]) // 4))
    for place in range(len(prompt) + count - 1):
        h, c, _ = step(one_hot[[alphabet.index(text[place])]], h, c, model["lstm"])
        if place >= len(prompt) - 1:
            logits = model["out_W"] @ h[0] + model["out_b"]
            text += alphabet[rng.choice(len(alphabet), p=softmax(logits / temperature))]
    return text[len(prompt) :]


# %% mistake="not-fed-back" points=0 says="the letter drawn is not fed back in"
def write(prompt, count, model, rng, temperature=1.0, step=lstm_step):
    alphabet, text = model["alphabet"], prompt
    one_hot = np.eye(len(alphabet))
    h = c = np.zeros((1, len(model["lstm"]["b"]) // 4))
    for letter in prompt:
        h, c, _ = step(one_hot[[alphabet.index(letter)]], h, c, model["lstm"])
    for _ in range(count):
        logits = model["out_W"] @ h[0] + model["out_b"]
        text += alphabet[rng.choice(len(alphabet), p=softmax(logits / temperature))]
        h, c, _ = step(one_hot[[alphabet.index(prompt[-1])]], h, c, model["lstm"])
    return text


# %% mistake="state-lost" points=0 says="the state is not handed on"
def write(prompt, count, model, rng, temperature=1.0, step=lstm_step):
    alphabet, text = model["alphabet"], prompt
    one_hot = np.eye(len(alphabet))
    zero = np.zeros((1, len(model["lstm"]["b"]) // 4))
    for _ in range(count):
        h, _, _ = step(one_hot[[alphabet.index(text[-1])]], zero, zero, model["lstm"])
        logits = model["out_W"] @ h[0] + model["out_b"]
        text += alphabet[rng.choice(len(alphabet), p=softmax(logits / temperature))]
    return text


# %% mistake="last-letter-twice" points=0 says="the last letter of the prompt was read twice"
def write(prompt, count, model, rng, temperature=1.0, step=lstm_step):
    alphabet, text = model["alphabet"], prompt
    one_hot = np.eye(len(alphabet))
    h = c = np.zeros((1, len(model["lstm"]["b"]) // 4))
    for letter in prompt:
        h, c, _ = step(one_hot[[alphabet.index(letter)]], h, c, model["lstm"])
    for _ in range(count):
        h, c, _ = step(one_hot[[alphabet.index(text[-1])]], h, c, model["lstm"])
        logits = model["out_W"] @ h[0] + model["out_b"]
        text += alphabet[rng.choice(len(alphabet), p=softmax(logits / temperature))]
    return text


# %% mistake="multiplied-by-temperature" points=0 says="divide the logits by it"
def write(prompt, count, model, rng, temperature=1.0, step=lstm_step):
    alphabet, text = model["alphabet"], prompt
    one_hot = np.eye(len(alphabet))
    h = c = np.zeros((1, len(model["lstm"]["b"]) // 4))
    for place in range(len(prompt) + count - 1):
        h, c, _ = step(one_hot[[alphabet.index(text[place])]], h, c, model["lstm"])
        if place >= len(prompt) - 1:
            logits = model["out_W"] @ h[0] + model["out_b"]
            text += alphabet[rng.choice(len(alphabet), p=softmax(logits * temperature))]
    return text


# %% mistake="always-the-likeliest" points=0 says="the letter a at temperature 1"
def write(prompt, count, model, rng, temperature=1.0, step=lstm_step):
    alphabet, text = model["alphabet"], prompt
    one_hot = np.eye(len(alphabet))
    h = c = np.zeros((1, len(model["lstm"]["b"]) // 4))
    for place in range(len(prompt) + count - 1):
        h, c, _ = step(one_hot[[alphabet.index(text[place])]], h, c, model["lstm"])
        if place >= len(prompt) - 1:
            logits = model["out_W"] @ h[0] + model["out_b"]
            text += alphabet[int(np.argmax(logits / temperature))]
    return text


# %% mistake="own-generator" points=1 says="draw from rng alone"
def write(prompt, count, model, rng, temperature=1.0, step=lstm_step):
    rng = np.random.default_rng()
    alphabet, text = model["alphabet"], prompt
    one_hot = np.eye(len(alphabet))
    h = c = np.zeros((1, len(model["lstm"]["b"]) // 4))
    for place in range(len(prompt) + count - 1):
        h, c, _ = step(one_hot[[alphabet.index(text[place])]], h, c, model["lstm"])
        if place >= len(prompt) - 1:
            logits = model["out_W"] @ h[0] + model["out_b"]
            text += alphabet[rng.choice(len(alphabet), p=softmax(logits / temperature))]
    return text


# %% right="prompt-first"
def write(prompt, count, model, rng, temperature=1.0, step=lstm_step):
    letters = list(model["alphabet"])
    V, H = model["out_W"].shape
    h, c = np.zeros((1, H)), np.zeros((1, H))
    waiting, text = list(prompt), []
    while len(text) < len(prompt) + count:
        letter = waiting.pop(0)
        text.append(letter)
        x = np.zeros((1, V))
        x[0, letters.index(letter)] = 1.0
        h, c, _ = step(x, h, c, model["lstm"])
        if not waiting:
            z = (h @ model["out_W"].T + model["out_b"])[0] / temperature
            p = np.exp(z - z.max())
            waiting.append(letters[int(np.searchsorted(np.cumsum(p / p.sum()), rng.random() * (1 - 1e-12)))])
    return "".join(text)


# %% right="gumbel"
def write(prompt, count, model, rng, temperature=1.0, step=lstm_step):
    place = {letter: k for k, letter in enumerate(model["alphabet"])}
    rows = np.eye(len(place))
    h = c = np.zeros((1, len(model["lstm"]["b"]) // 4))
    for letter in prompt[:-1]:
        h, c, _ = step(rows[place[letter]][None], h, c, model["lstm"])
    for _ in range(count):
        h, c, _ = step(rows[place[prompt[-1]]][None], h, c, params=model["lstm"])
        logits = np.einsum("vh,bh->v", model["out_W"], h) + model["out_b"]
        prompt += model["alphabet"][np.argmax(logits / temperature + rng.gumbel(size=len(rows)))]
    return prompt
