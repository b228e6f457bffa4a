"""The one list of topics. The README's table, the command line and the tests all read it.

Adding a topic takes one folder, ``source/ID/``, and one row here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """A topic of the course.

    ``minutes`` is the time a learner needs, reading included; ``prerequisites`` are ids of other topics.
    """

    id: str
    title: str
    unit: str
    minutes: int
    prerequisites: tuple[str, ...] = ()


TRAINING = "Training neural networks"
TEXTS = "Words and texts"
SEQUENCES = "Sequences"
ATTENTION = "Attention and BERT"
APPLICATIONS = "Applications"

TOPICS: tuple[Topic, ...] = (
    Topic("losses", "Losses", TRAINING, 110),
    Topic("activations", "Activations", TRAINING, 110, ("losses",)),
    Topic("optimizers", "Optimizers", TRAINING, 110, ("losses",)),
    Topic("tfidf", "TF-IDF and search", TEXTS, 100),
    Topic("lstm", "LSTM", SEQUENCES, 120, ("losses",)),
    Topic("attention", "Attention", ATTENTION, 120, ("losses",)),
    Topic("bert_masking", "BERT masking", ATTENTION, 110, ("attention",)),
    Topic("absa", "Aspect-based sentiment", APPLICATIONS, 120, ("tfidf", "attention")),
)


def find(topic_id: str) -> Topic:
    """The row of a topic.

    Raises
    ------
    KeyError
        With the ids that there are.
    """
    for topic in TOPICS:
        if topic.id == topic_id:
            return topic
    raise KeyError(f"no topic {topic_id!r}: there are {', '.join(topic.id for topic in TOPICS)}")
