"""How models are wired: nested, shared, several ends, orders unlike each other, dictionaries, names that need care."""

import keras
from keras import layers as L

from . import fn, seq


def shared():
    dense, lstm = L.Dense(4, activation="relu", name="shared"), L.LSTM(3, name="reader")
    yield "topology_shared_twice", fn([(5,), (5,)], lambda a, b: L.Concatenate()([dense(a), dense(b)]))
    twice = L.Dense(5, activation="tanh", name="again")
    yield "topology_shared_in_chain", fn([(5,)], lambda x: L.Dense(2)(twice(twice(x))))
    yield "topology_shared_lstm", fn([(4, 2), (6, 2)], lambda a, b: L.Subtract()([lstm(a), lstm(b)]))
    yield "topology_siamese", fn([(6,), (6,)], siamese)
    yield "topology_first_call_unused", first_call_unused()


def siamese(a, b):
    tower = keras.Sequential([keras.Input((6,)), L.Dense(5, activation="relu"), L.Dense(3)], name="tower")
    return L.Dot(axes=1, normalize=True)([tower(a), tower(b)])


def first_call_unused():
    """The layer's node 0 belongs to another model, so this model's only call of it is node 1."""
    shared_layer = L.Dense(3, name="elsewhere")
    keras.Model(other := keras.Input((4,)), shared_layer(other))
    return fn([(4,)], shared_layer)


def nested():
    inner = fn([(4,), (3,)], lambda a, b: [L.Concatenate()([a, b]), L.Dense(2)(b)])
    yield "topology_nested_functional", fn([(4,), (3,)], lambda a, b: L.Dense(3)(L.Concatenate()(inner([a, b]))))
    features = keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(3, 3, activation="relu"), L.MaxPooling2D()], name="features")
    head = keras.Sequential(
        [keras.Input((2, 2, 3)), L.Flatten(), L.Dense(4), L.BatchNormalization(), L.Dense(2, activation="softmax")], name="head"
    )
    yield "topology_sequential_of_sequentials", seq((6, 6, 1), features, head)
    deep = keras.Sequential(
        [keras.Input((4,)), keras.Sequential([keras.Input((4,)), keras.Sequential([keras.Input((4,)), L.Dense(3)])]), L.Dense(2)]
    )
    yield "topology_nested_three_deep", deep
    yield "topology_same_names", same_names()
    block = keras.Sequential([keras.Input((4,)), L.Dense(4, activation="tanh")], name="block")
    yield "topology_nested_twice", fn([(4,)], lambda x: block(x) + block(block(x)))


def same_names():
    """Two nested models whose layers have the same names: only the model's name in front tells the weights apart."""
    a, b = [
        keras.Sequential([keras.Input((4,)), L.Dense(4, name="dense"), L.Dense(4, name="out")], name=name)
        for name in ("b_model", "a_model")
    ]
    return fn([(4,)], lambda x: a(x) - b(x))


def ends():
    yield "topology_two_inputs_two_outputs", fn([(3,), (2, 4)], two_ends)
    yield "topology_input_is_output", fn([(3,)], lambda x: [x, L.Dense(2)(x)])
    yield "topology_output_twice", fn([(3,)], lambda x: (lambda y: [y, y])(L.Dense(2)(x)))
    yield "topology_intermediate_output", fn([(3,)], lambda x: (lambda y: [L.Dense(2)(y), y])(L.Dense(4, activation="relu")(x)))
    a, b = keras.Input((3,), name="zebra"), keras.Input((2,), name="ant")
    yield "topology_dict", keras.Model({"zebra": a, "ant": b}, {"sum": L.Dense(2, name="d")(a) + b, "first": L.Dense(1, name="e")(b)})
    c, d = keras.Input((3,), name="second"), keras.Input((3,), name="first")
    yield "topology_input_order", keras.Model([d, c], L.Subtract()([c, d]))
    yield "topology_batch_size_fixed", seq((4,), L.Dense(3), batch=3)
    yield "topology_skip", fn([(6,)], skip)


def two_ends(vector, sequence):
    both = L.Concatenate()([L.Dense(4, activation="relu")(vector), L.GlobalAveragePooling1D()(sequence)])
    return L.Dense(2, name="last_made_first")(both), L.Dense(1, activation="sigmoid", name="a_second_end")(both)


def skip(x):
    h = L.Dense(6, activation="relu")(x)
    return L.Dense(2)(L.Add()([x, L.Dense(6)(h), h]))


def orders():
    late, early = L.Dense(4, name="built_late"), L.Dense(4, name="a_built_early")
    early.build((None, 4))
    yield "topology_weight_order", fn([(4,)], lambda x: early(late(x)))
    yield "topology_names", fn(
        [(4,)], lambda x: L.Dense(2, name='äöü 汉字 "quoted"')(L.Dense(3, name="it's;a*name")(L.Dense(3, name="int")(x)))
    )
    yield "topology_same_shapes", seq((4,), *[L.Dense(4, activation="tanh") for _ in range(11)])
    yield "topology_multi_branch", fn([(7, 7, 2)], inception)


def inception(x):
    one = L.Conv2D(2, 1, activation="relu")(x)
    three = L.Conv2D(2, 3, padding="same", activation="relu")(L.Conv2D(2, 1)(x))
    pooled = L.Conv2D(2, 1)(L.MaxPooling2D(3, 1, padding="same")(x))
    return L.Dense(3, activation="softmax")(L.GlobalAveragePooling2D()(L.Concatenate()([one, three, pooled])))


def cases():
    yield from shared()
    yield from nested()
    yield from ends()
    yield from orders()
