"""Merging layers, with broadcasting and with many inputs."""

from keras import layers as L

from . import fn

KINDS = [L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum]
NARY = [L.Add, L.Multiply, L.Average, L.Maximum, L.Minimum]


def cases():
    yield "merging", fn([(3, 4), (3, 4)], lambda a, b: [kind()([a, b]) for kind in KINDS])
    yield "merging_broadcast", fn(
        [(3, 4), (1, 4), (3, 1)], lambda a, b, c: [kind()([a, b]) for kind in KINDS] + [kind()([c, b]) for kind in KINDS]
    )
    yield "merging_ranks", fn([(2, 3, 4), (4,), (3, 4)], lambda a, b, c: [kind()([a, b, c]) for kind in NARY])
    yield "merging_many", fn([(5,)] * 4, lambda *x: [kind()(list(x)) for kind in NARY])
    yield "concatenate", fn([(3, 4), (3, 2), (3, 1)], lambda a, b, c: L.Concatenate()([a, b, c]))
    yield "concatenate_axis1", fn([(3, 4), (2, 4)], lambda a, b: L.Concatenate(axis=1)([a, b]))
    yield "concatenate_negative_axis", fn([(2, 3, 4), (2, 1, 4)], lambda a, b: L.Concatenate(axis=-2)([a, b]))
    yield "concatenate_same_twice", fn([(3,)], lambda a: L.Concatenate()([a, a]))
    yield "concatenate_batch", fn([(3,)], lambda a: L.Concatenate(axis=0)([a, a]))
    yield "dot_last_axes", fn([(3, 4), (5, 4)], lambda a, b: L.Dot(axes=2)([a, b]))
    yield "dot_vectors", fn([(6,), (6,)], lambda a, b: [L.Dot(axes=1)([a, b]), L.Dot(axes=1, normalize=True)([a, b])])
    yield "dot_axes_pair", fn([(4, 3), (5, 4)], lambda a, b: L.Dot(axes=(1, 2))([a, b]))
    yield "dot_negative_axes", fn([(4, 3), (4, 2)], lambda a, b: L.Dot(axes=(-2, -2), normalize=True)([a, b]))
    yield "dot_rank4", fn([(2, 3, 4), (4, 5)], lambda a, b: L.Dot(axes=(3, 1))([a, b]))
