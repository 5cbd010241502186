/* Margins of random forests by every way and in batches of any size are the same bits, those of a plain walk; random bytes
 * in a forest are refused or do no harm. Built with -fsanitize=address,undefined. `fuzz_margins SEED ROUNDS` */
#include <math.h>

#include "../../forest/native/forest.h"
#include "draws.h"

#define MOST_ROWS 140
#define MOST_TREES 80
#define MOST_LEAVES 300
#define MOST_BOUNDS 300

static void fail(const char *reason) {
  fprintf(stderr, "fuzz_margins: %s\n", reason);
  exit(1);
}

static struct model {
  struct forest forest;
  struct forest_search search[12];
  double bounds[12 * 2 * MOST_BOUNDS];
  struct forest_column column[600];
  int8_t table[600 * (MOST_BOUNDS + 1)];
  int32_t node_start[MOST_TREES + 1], leaf_start[MOST_TREES + 1], tree_depth[MOST_TREES], walk_order[MOST_TREES];
  struct forest_fork fork[MOST_TREES * MOST_LEAVES];
  int8_t fork_limit[MOST_TREES * MOST_LEAVES];
  struct forest_step step[2 * MOST_TREES * MOST_LEAVES];
  double step_value[2 * MOST_TREES * MOST_LEAVES], leaf_value[MOST_TREES * MOST_LEAVES];
} model;

/* A level of a search whose bounds are every `FOREST_FAN`th of those below. */
static void make_level(struct forest_search *search, int32_t level, const double *from, int64_t count, int64_t apart) {
  search->level[level] = model.forest.bounds_count;
  for (int64_t i = 0; i < (count / FOREST_FAN + 1) * FOREST_FAN; i++)
    model.bounds[model.forest.bounds_count++] = i < count ? from[i * apart + apart - 1] : INFINITY;
}

static void make_search(int32_t feature, int32_t columns) {
  static double bounds[MOST_BOUNDS];
  struct forest_search *search = model.search + model.forest.searches++;
  int32_t most[] = {1, 16, 40, MOST_BOUNDS};
  int32_t count = (int32_t)draw((uint32_t)most[draw(4)]);
  *search = (struct forest_search){.feature = feature, .bounds = count, .columns = columns,
                                   .first_column = model.forest.columns, .levels = count < 16 ? 1 : count < 256 ? 2 : 3};
  for (int32_t i = 0; i < count; i++)
    bounds[i] = (i - count / 2 + (double)draw(1000) / 1001) / 8;
  int64_t apart = 1, counts = count;
  for (int32_t level = search->levels - 1; level >= 0; level--, counts /= FOREST_FAN, apart *= FOREST_FAN)
    make_level(search, level, bounds, counts, apart);
  for (int32_t c = 0; c < columns; c++) {
    int8_t has_table = draw(3) == 0;
    model.column[model.forest.columns++] =
        (struct forest_column){has_table ? model.forest.table_count : 255 * draw(3), (int8_t)draw(256), has_table, {0}};
    for (int32_t i = 0; has_table && i <= count; i++)
      model.table[model.forest.table_count++] = (int8_t)draw(256);
  }
}

/* A tree as it is grown, by splitting a leaf; nodes and leaves are numbered as they come. */
static struct grown {
  int32_t child[MOST_LEAVES][2]; /* a node, or ~leaf */
  int32_t depth[MOST_LEAVES], column[MOST_LEAVES], leaf_node[MOST_LEAVES], leaf_side[MOST_LEAVES];
  int8_t rank[MOST_LEAVES];
  int32_t nodes;
} grown;

static void grow(int32_t leaves) {
  grown.nodes = 0;
  for (int32_t node = 0; node + 1 < leaves; node++) {
    int32_t leaf = (int32_t)(draw(3) ? draw((uint32_t)node + 1) : (uint32_t)node); /* one that is there is split */
    if (node)
      grown.child[grown.leaf_node[leaf]][grown.leaf_side[leaf]] = node;
    grown.depth[node] = node ? grown.depth[grown.leaf_node[leaf]] + 1 : 0;
    grown.child[node][0] = ~leaf;
    grown.child[node][1] = ~(node + 1);
    grown.leaf_node[leaf] = grown.leaf_node[node + 1] = node;
    grown.leaf_side[leaf] = 0;
    grown.leaf_side[node + 1] = 1;
    grown.column[node] = (int32_t)draw((uint32_t)model.forest.columns);
    grown.rank[node] = (int8_t)(draw(255) - 128);
    grown.nodes++;
  }
}

static int32_t deepest(void) {
  int32_t depth = 0;
  for (int32_t node = 0; node < grown.nodes; node++)
    depth = grown.depth[node] >= depth ? grown.depth[node] + 1 : depth;
  return depth;
}

static void make_forks(int32_t first) {
  static int32_t place[MOST_LEAVES];
  int32_t made = 0;
  for (int32_t depth = deepest(); depth >= 0; depth--)
    for (int32_t node = 0; node < grown.nodes; node++)
      if (grown.depth[node] == depth) {
        int32_t at[2];
        for (int side = 0; side < 2; side++) {
          int32_t child = grown.child[node][side];
          at[side] = (child < 0 ? ~child : place[child] + FOREST_LARGEST_TREE) * FOREST_BLOCK;
        }
        place[node] = made;
        model.fork_limit[first + made] = (int8_t)(grown.rank[node] + 1);
        model.fork[first + made++] = (struct forest_fork){(uint16_t)at[0], (uint16_t)at[1],
                                                          (uint32_t)(grown.column[node] * FOREST_BLOCK)};
      }
}

static void make_steps(int64_t first, const double *values) {
  static int32_t nodes[2 * MOST_LEAVES];
  int32_t used = 1;
  nodes[0] = grown.nodes ? 0 : ~0;
  for (int32_t at = 0; at < used; at++) {
    if (nodes[at] < 0) {
      model.step[first + at] = (struct forest_step){0, 127};
      model.step_value[first + at] = values[~nodes[at]];
      continue;
    }
    model.step[first + at] = (struct forest_step){used - at, (uint32_t)grown.column[nodes[at]] << 8 |
                                                            (uint8_t)grown.rank[nodes[at]]};
    for (int side = 0; side < 2; side++)
      nodes[used + side] = grown.child[nodes[at]][side];
    used += 2;
  }
}

static void make_tree(int32_t most) {
  struct forest *forest = &model.forest;
  int32_t t = forest->trees++, leaves = 1 + (int32_t)draw((uint32_t)most);
  if (forest->columns == 0)
    leaves = 1;
  grow(leaves);
  for (int32_t leaf = 0; leaf < leaves; leaf++)
    model.leaf_value[forest->leaves + leaf] = (float)number();
  if (most <= FOREST_LARGEST_TREE)
    make_forks((int32_t)forest->nodes);
  make_steps(forest->nodes + forest->leaves, model.leaf_value + forest->leaves);
  model.tree_depth[t] = deepest();
  forest->nodes += grown.nodes;
  forest->leaves += leaves;
  model.node_start[t + 1] = (int32_t)forest->nodes;
  model.leaf_start[t + 1] = (int32_t)forest->leaves;
  forest->largest_tree = leaves > forest->largest_tree ? leaves : forest->largest_tree;
}

static void make_order(void) {
  for (int32_t t = 0; t < model.forest.trees; t++) {
    int32_t first = t / FOREST_WINDOW * FOREST_WINDOW, other = first + (int32_t)draw((uint32_t)(t - first) + 1);
    model.walk_order[t] = model.walk_order[other];
    model.walk_order[other] = t;
  }
}

static void make_model(void) {
  struct forest *forest = &model.forest;
  int32_t most[] = {2, 32, 64, FOREST_LARGEST_TREE, MOST_LEAVES};
  memset(&model, 0, sizeof model);
  *forest = (struct forest){.abi = FOREST_ABI, .width = 1 + (int32_t)draw(10), .divisor = 1 + draw(5),
                            .base_score = draw(2) ? number() : 0, .is_single = (int32_t)draw(2),
                            .search = model.search, .bounds = model.bounds, .column = model.column,
                            .table = model.table, .node_start = model.node_start, .leaf_start = model.leaf_start,
                            .fork = model.fork, .fork_limit = model.fork_limit, .step = model.step,
                            .step_value = model.step_value, .tree_depth = model.tree_depth, .walk_order = model.walk_order,
                            .leaf_value = model.leaf_value};
  int32_t wide = draw(6) == 0 ? 40 : 3;
  for (int32_t feature = 0; feature < forest->width; feature++)
    if (draw(8))
      make_search(feature, (int32_t)draw((uint32_t)wide) + 1);
  int32_t largest = most[draw(5)];
  for (uint32_t trees = 1 + draw(draw(4) ? 20 : MOST_TREES); trees; trees--)
    make_tree(largest);
  make_order();
  if (largest > FOREST_LARGEST_TREE && forest->largest_tree <= FOREST_LARGEST_TREE)
    forest->largest_tree = FOREST_LARGEST_TREE + 1; /* it has no forks */
}

/* The margin as the header says, by nothing of the library. */
static double plain_margin(const double *row) {
  const struct forest *forest = &model.forest;
  static int8_t bytes[600];
  for (int32_t s = 0; s < forest->searches; s++) {
    const struct forest_search *search = model.search + s;
    const double *bounds = model.bounds + search->level[search->levels - 1];
    double given = row[search->feature];
    int32_t position = 0;
    while (position < search->bounds && bounds[position] < given)
      position++;
    for (int32_t c = search->first_column; c < search->first_column + search->columns; c++) {
      const struct forest_column *column = model.column + c;
      int64_t rank = position - column->start;
      bytes[c] = given != given     ? column->missing
                 : column->has_table ? model.table[column->start + position]
                                     : (int8_t)((rank < 0 ? 0 : rank > 255 ? 255 : rank) - 128);
    }
  }
  double sum = 0;
  float single = 0;
  for (int32_t t = 0; t < forest->trees; t++) {
    int64_t first = (int64_t)model.node_start[t] + model.leaf_start[t], at = 0;
    while (model.step[first + at].ahead)
      at += model.step[first + at].ahead + (bytes[model.step[first + at].test >> 8] > (int8_t)model.step[first + at].test);
    sum += model.step_value[first + at];
    single += (float)model.step_value[first + at];
  }
  if (!forest->is_single)
    return sum / forest->divisor + forest->base_score;
  return (float)(single / (float)forest->divisor + forest->base_score);
}

static void compute(const struct forest *forest, const double *rows, int64_t count, double *margins, int32_t way) {
  struct forest_call call = {forest, rows, margins, count, way, 0};
  if (forest_margins(&call) != FOREST_DONE)
    fail("no memory");
}

static struct forest_mask *masks_of(struct forest *forest) {
  struct forest_mask *masks = NULL;
  if (forest_can_mask(forest)) {
    masks = malloc((size_t)forest->trees * sizeof *masks);
    if (!masks)
      abort();
    forest_fill_masks(forest, masks);
  }
  forest->mask = masks;
  return masks;
}

static void compare(void) {
  struct forest *forest = &model.forest;
  int64_t width = forest->width, count = draw(MOST_ROWS) + 1;
  double *rows = malloc((size_t)(count * width) * sizeof *rows), expected[MOST_ROWS], given[MOST_ROWS];
  if (!rows)
    abort();
  for (int64_t i = 0; i < count * width; i++)
    rows[i] = draw(10) ? 20 * number() : draw(2) ? NAN : draw(2) ? (draw(2) ? INFINITY : -INFINITY) : -0.0;
  for (int64_t row = 0; row < count; row++)
    expected[row] = plain_margin(rows + row * width);
  for (int masked = 0; masked < 2; masked++) {
    struct forest_mask *masks = masked ? masks_of(forest) : NULL;
    for (int way = FOREST_PORTABLE; way <= (forest_has_avx2() ? FOREST_AVX2 : FOREST_PORTABLE); way++) {
      compute(forest, rows, count, given, way);
      if (memcmp(expected, given, (size_t)count * sizeof *given))
        fail("a way differs from the plain walk");
      for (int64_t row = 0; row < count; row++)
        compute(forest, rows + row * width, 1, given + row, way);
      if (memcmp(expected, given, (size_t)count * sizeof *given))
        fail("one row differs from the plain walk");
    }
    forest->mask = NULL;
    free(masks);
  }
  free(rows);
}

/* A copy of the forest with wrong bytes: refused, or computed without harm. */
static int spoil_and_compute(void) {
  struct forest spoilt = model.forest;
  const void **arrays[] = {(const void **)&spoilt.search,     (const void **)&spoilt.bounds,
                           (const void **)&spoilt.column,     (const void **)&spoilt.table,
                           (const void **)&spoilt.node_start, (const void **)&spoilt.leaf_start,
                           (const void **)&spoilt.fork,       (const void **)&spoilt.fork_limit,
                           (const void **)&spoilt.step,       (const void **)&spoilt.step_value,
                           (const void **)&spoilt.tree_depth, (const void **)&spoilt.walk_order,
                           (const void **)&spoilt.leaf_value};
  size_t nodes = (size_t)spoilt.nodes, steps = (size_t)(spoilt.nodes + spoilt.leaves), trees = (size_t)spoilt.trees;
  size_t sizes[] = {(size_t)spoilt.searches * sizeof *spoilt.search, (size_t)spoilt.bounds_count * sizeof(double),
                    (size_t)spoilt.columns * sizeof *spoilt.column,  (size_t)spoilt.table_count,
                    (trees + 1) * sizeof(int32_t),                   (trees + 1) * sizeof(int32_t),
                    nodes * sizeof *spoilt.fork,                     nodes,
                    steps * sizeof *spoilt.step,                     steps * sizeof(double),
                    trees * sizeof(int32_t),                         trees * sizeof(int32_t),
                    (size_t)spoilt.leaves * sizeof(double)};
  void *copies[13];
  for (int i = 0; i < 13; i++) {
    copies[i] = copy(*arrays[i], sizes[i]);
    spoil(copies[i], sizes[i], sizes[i] && !draw(3) ? draw(4) : 0);
    *arrays[i] = draw(200) ? copies[i] : NULL;
  }
  spoilt.width -= draw(20) ? 0 : (int32_t)draw(3); /* rows below have room for more than the width */
  spoilt.columns -= draw(20) ? 0 : (int32_t)draw(3);
  spoilt.bounds_count -= draw(20) ? 0 : draw(17);
  spoilt.largest_tree -= draw(20) ? 0 : (int32_t)draw(200);
  spoilt.nodes -= draw(20) ? 0 : draw(2);
  int is_sound = forest_check(&spoilt) == 0;
  if (is_sound) {
    double rows[70 * 10], margins[70];
    for (int i = 0; i < 70 * 10; i++)
      rows[i] = draw(10) ? 20 * number() : NAN;
    struct forest_mask *masks = masks_of(&spoilt);
    for (int32_t way = FOREST_PORTABLE; way <= (forest_has_avx2() ? FOREST_AVX2 : FOREST_PORTABLE); way++)
      for (int64_t count = 1; count <= 70; count += 23)
        compute(&spoilt, rows, count, margins, way);
    free(masks);
  }
  for (int i = 0; i < 13; i++)
    free(copies[i]);
  return is_sound;
}

int main(int count, char **arguments) {
  int rounds = count > 2 ? atoi(arguments[2]) : 100, sound = 0;
  state = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
  for (int round = 0; round < rounds; round++) {
    make_model();
    int32_t failed = forest_check(&model.forest);
    if (failed) {
      fprintf(stderr, "check %d\n", failed);
      fail("a sound forest is refused");
    }
    compare();
    for (int i = 0; i < 20; i++)
      sound += spoil_and_compute();
  }
  printf("fuzz_margins: %d forests by all ways, %d spoilt ones of which %d were computed\n", rounds, 20 * rounds, sound);
  return 0;
}
