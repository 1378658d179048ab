/// What people need to know of the inputs and outputs of each operator, for the documentation of the format.
enum NativeGuide {
  struct Entry {
    let summary: String
    let inputs: String
    let outputs: String

    init(_ summary: String, _ inputs: String, _ outputs: String) {
      self.summary = summary
      self.inputs = inputs
      self.outputs = outputs
    }
  }

  static let entries: [String: Entry] = windows.merging(movement) { first, _ in first }.merging(computing) { first, _ in first }

  private static let pooled = "`x [N, spatial…, C]`"

  private static let windows: [String: Entry] = [
    "adaptive_pool": Entry("pools into `size` positions along each spatial axis", pooled, "`[N, size…, C]`"),
    "arg_pool": Entry(
      "where the greatest element under a sliding window lies, counted in `[N, C, spatial…]`", pooled, "`[N, positions…, C]` of integers"),
    "block_fold": Entry(
      "windows added up where they overlap, their taps an input", "`[N, C · taps, positions]`, `taps` of integers, one for each axis",
      "`[N, C, size…]`"),
    "convolution": Entry(
      "sums of products under a sliding window; padding counts as zeros", "\(pooled), `weights [taps…, C / groups, K]`, `bias [K]`?",
      "`[N, positions…, K]`"),
    "convolution_transpose": Entry(
      "the transpose of a convolution; pads are cut off what comes out", "\(pooled), `weights [taps…, C / groups, K]`, `bias [K]`?",
      "`[N, positions…, K]`"),
    "depthwise_convolution": Entry(
      "a convolution of every channel alone, into M channels each", "\(pooled), `weights [taps…, C, M]`, `bias [C * M]`?",
      "`[N, positions…, C * M]`"),
    "winograd_convolution": Entry(
      "a convolution of 3 by 3 taps that moves by one, on squares of outputs; made by the compiler, which transforms the weights",
      "`x [N, H, W, C]`, `weights [outputs / channels, (tile + 2)², blocks, C, channels of a block]`, `bias [K]`?", "`[N, positions…, K]`"),
    "grouped_product": Entry(
      "sums of products with weights of four bits, two to a byte, which in groups share a scale, under a window or, without taps, of matrices; made by the compiler",
      "`x [any…, spatial…, C]`, `weights [taps…, C / 2, K]` of uint8, `scales [taps…, groups, K]` of uint8", "`[any…, positions…, K]`"),
    "packed_product": Entry(
      "sums of products of uint8 by int8 in groups of four, or of bfloat16 in pairs, under a window or, without taps, of matrices; made by the compiler",
      "`x [any…, spatial…, C]`, with `g` elements to a group `weights [taps…, C / g, g * K]`, or where `g` does not divide C `[taps… but the last, runs / g, g * K]`, `bias [K]`?; without taps also a matrix for each",
      "`[any…, positions…, K]`, int32 or float32"),
    "fold": Entry(
      "windows added up where they overlap; what falls into the padding is lost", "`[N, positions…, taps…, C]`", "`[N, size…, C]`"),
    "grid_sample": Entry(
      "elements at places between them; the grid holds a coordinate for each spatial axis, that of the last one first",
      "\(pooled), `grid [N, any…, axes]`", "`[N, any…, C]`"),
    "pool": Entry("one number for the elements under a sliding window", pooled, "`[N, positions…, C]`"),
    "resample": Entry(
      "element o along the axis is the sum over t of `weights[o, t]` times element `starts[o] + t`",
      "`x`, `starts` int32 `[O]`, `weights [O, taps]`?", "`x` with O elements along the axis"),
    "resizing_table": Entry(
      "the starts and weights of `resample` for an axis that is resized by numbers which are inputs",
      "`scale`?, and for crops `start`, `end`: one float32 each", "starts int32 `[O]`, weights `[O, taps]`, beyond the axis: bool `[O]`"),
    "roi_align": Entry(
      "rectangles of images, sampled between the elements", "`x [N, H, W, C]`, `regions [R, 4]`: x, y, x, y, `images [R]` of integers",
      "`[R, size…, C]`"),
    "roi_pool": Entry(
      "the greatest elements of the parts of rectangles of images", "`x [N, H, W, C]`, `regions [R, 5]`: image, x, y, x, y",
      "`[R, size…, C]`"),
  ]

  private static let movement: [String: Entry] = [
    "block_reduce": Entry(
      "one number from each block of `counts` neighbours: a sum, a mean, an extreme …", "`x`, of `shape` blocks along its axes", "`shape`"),
    "concatenate": Entry("one after the other along an axis", "`x0`, `x1`, …", "one tensor"),
    "excerpt": Entry(
      "elements at positions that the run decides: index i stands for position `starts + i * steps` of each axis",
      "`x`, `starts` and `steps`? `[rank]` of int32 or int64, `fill`? scalar", "`shape`"),
    "extents": Entry("extents as numbers, which may be open", "none", "`values` as a vector of int64"),
    "expand": Entry("repeats axes of extent 1, and missing leading axes, as NumPy broadcasts", "`x`", "`x` broadcast with `shape`"),
    "gather": Entry(
      "elements along an axis at positions; negative ones count from the end", "`data`, `indices` of integers",
      "the shape of data with the axis replaced by that of indices"),
    "gather_elements": Entry("NumPy's `take_along_axis`", "`data`, `indices` of integers with as many axes", "the shape of indices"),
    "gather_nd": Entry(
      "parts of the data at places that the rows of the last axis of the indices name",
      "`data [B…, D…, R…]`, `indices [B…, I…, K]` of integers",
      "`[B…, I…, R…]`"),
    "iota": Entry("0, 1, 2, …", "none", "a vector of `extent` numbers"),
    "non_zero": Entry(
      "where the elements are that are not zero; `extent` says how many there are", "`x`",
      "`[rank, extent]`, a row of indices for each axis"),
    "one_hot": Entry("a new axis with `on` at the position that each index names", "`indices` of integers", "one axis of `depth` more"),
    "pad": Entry("elements added before and after, in the modes of `numpy.pad`", "`x`", "`x` with longer axes"),
    "prefix": Entry("the elements whose indices are below the extents of `shape`", "`x`", "`shape`"),
    "repeat": Entry("each element `count` times in a row", "`x`", "`x` with a longer axis"),
    "reshape": Entry("the same elements under another shape: 0 keeps an extent, -1 takes what is left", "`x`", "`shape`"),
    "resolved_shape": Entry(
      "the extents that a reshape by data gives to a tensor of the extents `extents`, and how many elements they have too many",
      "`shape [R]` of int32 or int64, in which -1 is what is left", "int64 `[R + 1]`"),
    "resolved_slice": Entry(
      "what a slice by data takes of a tensor of the extents `extents`: starts, steps, counts",
      "`starts`, `ends`, `axes`?, `steps`?: vectors of int32 or int64", "int64 `[3 * rank]`"),
    "reverse": Entry("the elements in reverse order along the axes", "`x`", "the shape of x"),
    "reverse_sequence": Entry(
      "the first elements of each sequence in reverse order, as many as its length says",
      "`x`, `lengths` of integers, one for each sequence",
      "the shape of x"),
    "roll": Entry("the elements moved on; those that leave at one end enter at the other", "`x`", "the shape of x"),
    "scatter_elements": Entry(
      "the data with updates put in, or added, at positions along an axis; what names no element is left out",
      "`data`, `indices` of integers, `updates` like the indices", "the shape of data"),
    "scatter_nd": Entry(
      "the data with updates put in, or added, at places that the rows of the last axis of the indices name",
      "`data [D…, R…]`, `indices [I…, K]` of integers, `updates [I…, R…]`", "the shape of data"),
    "slice": Entry("`x[start:end:step]` along each of `axes`; 2147483647 reaches any end", "`x`", "`x` with shorter axes"),
    "tile": Entry("the whole tensor again and again, as `numpy.tile`", "`x`", "`x` with longer axes"),
    "unique": Entry(
      "the different parts along the first axis, sorted or as they occur", "`x [R, …]`",
      "parts `[R, …]`, then zeros; first index, place of each part of x, how often: int64 `[R]`; how many: int32"),
    "transpose": Entry("axis a of the result is axis `permutation[a]` of x; by default reversed", "`x`", "`x` with axes in another order"),
  ]

  private static let computing: [String: Entry] = [
    "sparse_product": Entry(
      "the product with a matrix most of whose elements are zero; made by the compiler, which packs the others into steps",
      "`x […, K]`, `values [steps / 4, 4, lanes]`, `numbers [steps / 4, lanes]` int32, `starts [steps / 4]`, `bounds [blocks + 1]` int32",
      "`[…, outputs]`"),
    "sparse_dots": Entry(
      "the product of bytes with an int8 matrix most of whose elements are zero; made by the compiler, which packs the others into steps",
      "`x […, K]` uint8, `values [pairs, 2, 4 · lanes]` int8, `numbers [pairs, 4 · lanes]` uint8, `starts [pairs, 2]`, "
        + "`bounds [blocks + 1]` int32", "`[…, outputs]`, int32"),
    "sparse_rows": Entry(
      "the product with weights most of which are zero, or a convolution without padding, one output after the other; made by the compiler: "
        + "the others, how far each is from the one before, and which of them belong to a run of neighbours under the window",
      "`x […, spatial…, C]`, `values [elements]`, `steps [elements]` uint8, `bounds [N · runs + 1]` uint16 or int32",
      "`[…, positions…, N]`, of bytes int32"),
    "literal_product": Entry(
      "the product with few weights that become instructions, or a convolution without padding; made by the compiler: output n adds the "
        + "products from `bounds[n]` to `bounds[n + 1]`, of the elements at `places` of what the window sees, `[taps…, C]`, with `weights`",
      "`x […, spatial…, C]`, floats or bytes", "`[…, positions…, N]`, of bytes int32"),
    "arg_reduce": Entry("the index of the greatest or least element along an axis", "`x`", "`x` without the axis, integers"),
    "cumulative": Entry("sums or products of all elements up to each one", "`x`", "the shape of x"),
    "determinant": Entry("the determinants of square matrices, computed in float64", "`x […, N, N]`", "`[…]`"),
    "gru": Entry(
      "a gated recurrent unit, gates in Keras' order z, r, h",
      "`x·W + b [batch, time, 3u]`, `R [u, 3u]`, `mask` bool `[batch, time]`?, `h [batch, u]`?, bias of the products `[3u]`?, "
        + "what the columns of products are multiplied with `[3u]`?",
      "`[batch, time, u]`, last `h [batch, u]`"),
    "if": Entry(
      "runs its graph `then` or its graph `else`", "a condition of type bool, one element, then what both graphs take",
      "what the graph that runs gives; both give the same types"),
    "integer_recurrent": Entry(
      "a recurrent layer with int8 weights and int16 states, its gates in fixed point; made by the compiler",
      "`x·W + b` int16 `[batch, time, gates · u]`, `R` int8 `[u, gates · u]`, or packed `[u / 4, gates · u · 4]`, `mask` bool "
        + "`[batch, time]`?, multipliers of the sums int32 `[gates · u]`, pieces of the logistic function int32 `[96]`?, starts of the "
        + "sums int32 `[gates · u]`?, states int16 `[batch, u]`?",
      "`[batch, time, u]`, last states `[batch, u]`, int16"),
    "loop": Entry(
      "runs its `body` while a condition holds, and fewer times than the trip count",
      "trip count int64?, condition bool?, carried values, values that stay the same; the body has the same with the number of the "
        + "repetition first",
      "last carried values, then what the body's further outputs collect `[trips, …]`, how often it ran; the body first gives whether "
        + "to go on"),
    "lstm": Entry(
      "long short-term memory, gates in Keras' order i, f, c, o",
      "`x·W + b [batch, time, 4u]`, `R [u, 4u]`, `mask` bool `[batch, time]`?, `h [batch, u]`?, `c [batch, u]`?, "
        + "peepholes of i, f, o `[3u]`?, what the columns of products are multiplied with `[4u]`?",
      "`[batch, time, u]`, last `h`, last `c [batch, u]`, with `returns_cells` every `c [batch, time, u]`"),
    "matmul": Entry("the product over the last two axes; leading ones broadcast", "`a […, M, K]`, `b […, K, N]`", "`[…, M, N]`"),
    "non_max_suppression": Entry(
      "boxes by falling score without those that overlap a better one too much, for each image and class",
      "`boxes [B, N, 4]`, `scores [B, C, N]`, `limit` int64?, `overlap`?, `score`?: one element each",
      "rows image, class, box: int64 `[B * C * N, 3]`, then rows of -1; how many: int32"),
    "normalise": Entry(
      "`(x - mean) / divisor * scale + offset` over some axes: layer, group, instance and RMS normalisation", "`x`, `scale`?, `offset`?",
      "the shape of x"),
    "random_bits": Entry("uint32 numbers that depend on nothing but the seed and their place", "none", "`shape`"),
    "reduce": Entry("one number from all elements along some axes", "`x`", "`x` without the axes"),
    "scan": Entry(
      "runs its `body` for each index of the first axis of the sequences",
      "carried values, sequences `[time, …]`, values that stay the same; the body has the same without the time axis",
      "last carried values, then what the body's further outputs collect `[time, …]`"),
    "search_sorted": Entry(
      "how many of the rising keys are less than each element or, with `right`, not greater", "`x`, `keys [K]`",
      "the shape of x, int32"),
    "simple_rnn": Entry(
      "`h' = activation(x + h·R)`",
      "`x·W + b [batch, time, u]`, `R [u, u]`, `mask` bool `[batch, time]`?, `h [batch, u]`?, nothing, "
        + "what the columns of products are multiplied with `[u]`?",
      "`[batch, time, u]`, last `h [batch, u]`"),
    "grouped_columns": Entry(
      "columns brought into groups of four neighbours, as packed products read them; made by the compiler",
      "bytes `[…, K, N]`, or `[…, N, K]`", "`[…, groups, 4 * N]`, int8; of uint8, 128 is subtracted"),
    "integer_normalise": Entry(
      "codes less their mean, divided by their deviation, on integers alone; made by the compiler", "`x`, codes of 8 or 16 bits",
      "the shape of x, int32, in units of a power of two"),
    "integer_softmax": Entry(
      "the softmax of codes along an axis, to the base `2^octaves`, on integers alone; made by the compiler", "`x`, codes of 8 or 16 bits",
      "the shape of x, int32, in units of `2^-28`"),
    "softmax": Entry("`exp(x) / Σ exp(x)` along an axis, or its logarithm", "`x`", "the shape of x"),
    "sparsemax": Entry("the nearest point of the probability simplex", "`x`", "the shape of x"),
    "top_k": Entry("the greatest or least elements along an axis, best first", "`x`", "values, indices"),
    "tree_ensemble": Entry(
      "decision trees: a row goes to the first child where its feature is not greater than the split; numbers from `nodes` on are leaves",
      "`x [N, F]`, features int32 `[nodes]`, splits `[nodes]`, children int32 `[nodes, 2]`, root and depth int32 `[trees, 2]`, "
        + "first weight of each leaf and their number int32 `[leaves + 1]`, targets int32 `[weights]`, `weights`, "
        + "bool `[nodes]`: NaN goes to the first child?",
      "`[N, targets]`"),
  ]
}
