"""Attention layers, with masks given, implied by embeddings, or causal."""

import numpy as np
from keras import layers as L

from . import fn

QUERY, VALUE, KEY = (3, 6), (5, 6), (5, 6)


def multi_head():
    head = L.MultiHeadAttention
    yield "multi_head_attention_self", fn([QUERY], lambda q: head(2, 3)(q, q))
    yield "multi_head_attention_cross", fn([QUERY, (5, 4)], lambda q, v: head(2, 3, value_dim=5)(q, v))
    yield "multi_head_attention_key", fn([QUERY, (5, 4), (5, 7)], lambda q, v, k: head(3, 2, output_shape=4)(q, v, k))
    yield "multi_head_attention_no_bias", fn([QUERY], lambda q: head(2, 3, use_bias=False, dropout=0.2)(q, q))
    yield "multi_head_attention_causal", fn([QUERY], lambda q: head(2, 4)(q, q, use_causal_mask=True))
    yield "multi_head_attention_scores", fn([QUERY], lambda q: head(2, 3)(q, q, return_attention_scores=True))
    yield "multi_head_attention_axes", fn([(3, 4, 6)], lambda q: head(2, 3, attention_axes=(1, 2))(q, q))
    yield "multi_head_attention_one_axis", fn([(3, 4, 6)], lambda q: head(2, 3, attention_axes=2)(q, q))
    yield "multi_head_attention_mask", fn(
        [QUERY, VALUE, (3, 5)], lambda q, v, m: head(2, 3)(q, v, attention_mask=m), dtype=["float32", "float32", "bool"]
    )
    words = np.array([[3, 1, 4, 0, 0], [2, 5, 5, 1, 0]], "int32")
    yield "multi_head_attention_embedded", fn(
        [(5,)], lambda w: (lambda e: head(2, 3)(e, e))(L.Embedding(7, 4, mask_zero=True)(w)), dtype="int32"
    ), words
    yield "multi_head_attention_block", fn([QUERY], block)


def block(x):
    """The encoder layer of a transformer."""
    x = L.LayerNormalization()(x + L.MultiHeadAttention(2, 3)(x, x))
    return L.LayerNormalization()(x + L.Dense(6)(L.Dense(8, activation="gelu")(x)))


def grouped_query():
    group = L.GroupQueryAttention
    yield "group_query_attention", fn([QUERY], lambda q: group(3, 4, 2)(q, q))
    yield "group_query_attention_cross", fn([QUERY, (5, 6), (5, 6)], lambda q, v, k: group(3, 4, 2, use_bias=False)(q, v, k))
    yield "group_query_attention_one_key", fn([QUERY], lambda q: group(2, 3, 1)(q, q, use_causal_mask=True))
    yield "group_query_attention_scores", fn([QUERY], lambda q: group(3, 4, 2)(q, q, return_attention_scores=True))
    yield "group_query_attention_window", fn([(7, 6)], lambda q: group(3, 4, 2, sliding_window=2)(q, q))
    yield "group_query_attention_gate", fn([QUERY], lambda q: group(3, 4, 2, use_gate=True)(q, q))


def plain():
    dot, additive = L.Attention, L.AdditiveAttention
    yield "attention", fn([QUERY, VALUE], lambda q, v: dot()([q, v]))
    yield "attention_key", fn([QUERY, (5, 4), KEY], lambda q, v, k: dot(use_scale=True)([q, v, k]))
    yield "attention_concat", fn([QUERY, VALUE], lambda q, v: dot(score_mode="concat")([q, v]))
    yield "attention_concat_scale", fn([QUERY, VALUE], lambda q, v: dot(score_mode="concat", use_scale=True)([q, v]))
    yield "attention_causal", fn([VALUE], lambda q: dot()([q, q], use_causal_mask=True))
    yield "attention_scores", fn([QUERY, VALUE], lambda q, v: dot(dropout=0.1)([q, v], return_attention_scores=True))
    yield "attention_rank4", fn([(2, *QUERY), (2, *VALUE)], lambda q, v: dot()([q, v]))
    yield "attention_masks", fn(
        [QUERY, VALUE, (3,), (5,)], lambda q, v, mq, mv: dot()([q, v], mask=[mq, mv]), dtype=["float32", "float32", "bool", "bool"]
    )
    yield "additive_attention", fn([QUERY, VALUE], lambda q, v: additive()([q, v]))
    yield "additive_attention_no_scale", fn([QUERY, (5, 4), KEY], lambda q, v, k: additive(use_scale=False)([q, v, k]))
    yield "additive_attention_causal", fn([VALUE], lambda q: additive()([q, q], use_causal_mask=True, return_attention_scores=True))
    words = np.array([[3, 1, 4, 0, 0], [2, 5, 5, 1, 0]], "int32")
    yield "attention_embedded", fn([(5,)], lambda w: (lambda e: dot()([e, e]))(L.Embedding(7, 4, mask_zero=True)(w)), dtype="int32"), words


def cases():
    yield from multi_head()
    yield from grouped_query()
    yield from plain()
