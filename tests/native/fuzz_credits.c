/* Contributions of random forests by every way and in batches of any size are the same bits; random bytes in what they are
 * computed from are refused or do no harm. Built with -fsanitize=address,undefined. `fuzz_credits SEED ROUNDS` */
#include <math.h>

#include "../../forest/native/contributions.h"
#include "draws.h"

#define MOST_ROWS 130
#define MOST_NODES 40

struct model {
  struct forest forest;
  struct credits credits;
  struct forest_search search[8];
  double bounds[8 * FOREST_FAN];
  struct forest_column column[16];
  int8_t table[8 * (FOREST_FAN + 1)];
  int32_t node_start[2], leaf_start[2], tree_depth[1];
  struct forest_step step[1];
  double one[1];
  struct credits_tree tree[6];
  struct credits_node node[6 * MOST_NODES];
  double leaf_value[6 * (MOST_NODES + 1)];
  double curve[8000];
};

static void make_columns(struct model *model) {
  struct forest *forest = &model->forest;
  forest->searches = forest->width;
  for (int32_t s = 0; s < forest->searches; s++) {
    struct forest_search *search = model->search + s;
    *search = (struct forest_search){.feature = s,
                                     .bounds = (int32_t)draw(FOREST_FAN),
                                     .first_column = forest->columns,
                                     .columns = 1 + (int32_t)draw(2),
                                     .levels = 1,
                                     .level = {forest->bounds_count}};
    for (int32_t i = 0; i < FOREST_FAN; i++)
      model->bounds[forest->bounds_count++] = i < search->bounds ? i - 8 + (double)draw(1000) / 1001 : INFINITY;
    for (int32_t c = 0; c < search->columns; c++) {
      int8_t has_table = c == 1;
      model->column[forest->columns++] = (struct forest_column){
          has_table ? forest->table_count : 0, (int8_t)(draw(2) ? -128 : 127), has_table, {0}};
      if (has_table)
        for (int32_t i = 0; i <= search->bounds; i++)
          model->table[forest->table_count++] = (int8_t)draw(2);
    }
  }
}

/* The columns are of the forest; its only tree is a leaf. */
static void make_forest(struct model *model) {
  struct forest *forest = &model->forest;
  memset(model, 0, sizeof *model);
  forest->abi = FOREST_ABI;
  forest->width = 1 + (int32_t)draw(8);
  forest->trees = forest->largest_tree = 1;
  forest->leaves = 1;
  forest->divisor = 1 + draw(3);
  make_columns(model);
  model->leaf_start[1] = 1;
  model->step[0].test = 127;
  forest->search = model->search;
  forest->bounds = model->bounds;
  forest->column = model->column;
  forest->table = model->table;
  forest->node_start = model->node_start;
  forest->leaf_start = model->leaf_start;
  forest->fork = (const struct forest_fork *)model->one;
  forest->fork_limit = model->table;
  forest->step = model->step;
  forest->step_value = forest->leaf_value = model->one;
  forest->tree_depth = forest->walk_order = model->tree_depth;
}

/* Nodes as they are grown: children are nodes, or -1. */
struct grown {
  int32_t child[MOST_NODES][2], parent[MOST_NODES], side[MOST_NODES], feature[MOST_NODES], place[MOST_NODES];
  int32_t count, upper;
};

static void grow(struct grown *grown, int32_t nodes, int32_t width) {
  memset(grown->child, -1, sizeof grown->child);
  for (int32_t node = 0; node < nodes; node++) {
    grown->parent[node] = -1;
    grown->feature[node] = (int32_t)draw((uint32_t)width);
    if (!node)
      continue;
    int32_t above, side;
    do {
      above = draw(2) ? node - 1 : (int32_t)draw((uint32_t)node);
      side = (int32_t)draw(2);
    } while (grown->child[above][side] >= 0);
    grown->child[above][side] = node;
    grown->parent[node] = above;
    grown->side[node] = side;
  }
  grown->count = nodes;
  grown->upper = 0;
  for (int pass = 0, place = 0; pass < 2; pass++) /* those with a node below first */
    for (int32_t node = 0; node < nodes; node++)
      if ((grown->child[node][0] < 0 && grown->child[node][1] < 0) == pass) {
        grown->place[node] = place++;
        grown->upper += !pass;
      }
}

static int32_t previous(const struct grown *grown, int32_t node) {
  for (int32_t below = node, above = grown->parent[node]; above >= 0; below = above, above = grown->parent[above])
    if (grown->feature[above] == grown->feature[node])
      return 2 * grown->place[above] + grown->side[below];
  return -1;
}

/* Two curves of a rule, or of a node; padded with 0. */
static int32_t make_curve(struct model *model, int32_t points, double g, double h) {
  int32_t first = (int32_t)model->credits.curves, padded = (points + 3) & ~3;
  for (int32_t k = 0; k < 2 * padded; k++) {
    double given = k < padded ? g : h;
    model->curve[first + k] = k % padded >= points ? 0 : given >= 0 ? given : (double)draw(1001) / 1000;
  }
  model->credits.curves += 2 * padded;
  return first;
}

static void make_tree(struct model *model) {
  struct credits *credits = &model->credits;
  struct credits_tree *tree = model->tree + credits->trees++;
  struct grown grown;
  grow(&grown, 1 + (int32_t)draw(MOST_NODES), model->forest.width);
  int32_t points = 1 + (int32_t)draw(draw(4) ? 8 : 14), leaf = 0;
  *tree = (struct credits_tree){points, grown.count, grown.upper, make_curve(model, points, -1, -1),
                                make_curve(model, points, -1, 1), make_curve(model, points, 1, 0),
                                credits->nodes, credits->leaves};
  for (int32_t at = 0; at < grown.count; at++) {
    struct credits_node *node = model->node + tree->first_node + grown.place[at];
    const struct forest_search *search = model->search + grown.feature[at];
    node->feature = grown.feature[at];
    node->column = search->first_column + (int32_t)draw((uint32_t)search->columns);
    node->rank = (int8_t)(model->column[node->column].has_table ? 0 : -128 + (int32_t)draw(20));
    node->previous = previous(&grown, at);
    node->curve = node->previous < 0         ? tree->asked_first
                  : credits->curves < 7000 ? make_curve(model, points, -1, -1)
                                             : tree->asked_first;
    node->share[0] = draw(8) ? (double)draw(1001) / 1000 : draw(2);
    node->share[1] = 1 - node->share[0];
    for (int side = 0; side < 2; side++)
      node->child[side] = grown.child[at][side] < 0 ? grown.count + leaf++ : grown.place[grown.child[at][side]];
  }
  for (int32_t i = 0; i < leaf; i++)
    model->leaf_value[credits->leaves++] = number();
  credits->nodes += grown.count;
  int64_t slots = (2 * (int64_t)grown.count + 1) * ((points + 3) & ~3);
  if (credits->largest_tree < grown.count)
    credits->largest_tree = grown.count;
  if (credits->largest_slots < slots)
    credits->largest_slots = slots;
}

static void make_model(struct model *model) {
  make_forest(model);
  for (uint32_t trees = draw(7); trees; trees--)
    make_tree(model);
  model->credits.base_value = number();
  model->credits.tree = model->tree;
  model->credits.node = model->node;
  model->credits.leaf_value = model->leaf_value;
  model->credits.curve = model->curve;
}

static void fail(const char *reason) {
  fprintf(stderr, "fuzz_credits: %s\n", reason);
  exit(1);
}

static void compute(const struct model *model, const double *rows, int64_t count, double *out, int32_t way) {
  int8_t *scratch = malloc((size_t)credits_scratch(&model->forest, &model->credits));
  if (!scratch)
    abort();
  struct credits_call call = {&model->forest, &model->credits, rows, out, scratch, count, way, 0};
  credits_compute(&call);
  free(scratch);
}

static void compare(const struct model *model) {
  int64_t width = model->forest.width, out_width = width + 1, count = draw(MOST_ROWS) + 1;
  double *rows = malloc((size_t)(count * width) * sizeof *rows);
  double *given = malloc((size_t)(count * out_width) * sizeof *given), *other = malloc((size_t)(count * out_width) * sizeof *other);
  if (!rows || !given || !other)
    abort();
  for (int64_t i = 0; i < count * width; i++)
    rows[i] = draw(10) ? 12 * number() : draw(2) ? NAN : draw(2) ? INFINITY : -0.0;
  compute(model, rows, count, given, FOREST_PORTABLE);
  for (int way = FOREST_PORTABLE; way <= (forest_has_avx2() ? FOREST_AVX2 : FOREST_PORTABLE); way++) {
    compute(model, rows, count, other, way);
    if (memcmp(given, other, (size_t)(count * out_width) * sizeof *given))
      fail("the ways differ");
    for (int64_t row = 0; row < count; row++)
      compute(model, rows + row * width, 1, other + row * out_width, way);
    if (memcmp(given, other, (size_t)(count * out_width) * sizeof *given))
      fail("one row differs from many");
  }
  free(rows);
  free(given);
  free(other);
}

static int spoil_and_compute(const struct model *model) {
  struct model spoilt = *model;
  struct credits *credits = &spoilt.credits;
  size_t sizes[] = {(size_t)credits->trees * sizeof *model->tree, (size_t)credits->nodes * sizeof *model->node,
                    (size_t)credits->leaves * sizeof(double), (size_t)credits->curves * sizeof(double)};
  const void *arrays[] = {model->tree, model->node, model->leaf_value, model->curve};
  void *copies[4];
  for (int i = 0; i < 4; i++) {
    copies[i] = copy(arrays[i], sizes[i]);
    spoil(copies[i], sizes[i], sizes[i] ? draw(3) : 0);
  }
  credits->tree = copies[0];
  credits->node = copies[1];
  credits->leaf_value = copies[2];
  credits->curve = draw(50) ? copies[3] : NULL;
  credits->nodes -= draw(20) ? 0 : draw(3);
  credits->curves -= draw(20) ? 0 : draw(9);
  credits->largest_tree -= draw(20) ? 0 : draw(9);
  credits->largest_slots -= draw(20) ? 0 : draw(9);
  int is_sound = credits_check(&spoilt.forest, credits) == 0;
  if (is_sound) {
    double rows[3 * 8] = {0}, out[3 * 9];
    for (int32_t way = FOREST_PORTABLE; way <= (forest_has_avx2() ? FOREST_AVX2 : FOREST_PORTABLE); way++)
      for (int64_t count = 1; count <= 3; count += 2)
        compute(&spoilt, rows, count, out, way);
  }
  for (int i = 0; i < 4; i++)
    free(copies[i]);
  return is_sound;
}

int main(int count, char **arguments) {
  static struct model model;
  int rounds = count > 2 ? atoi(arguments[2]) : 300, sound = 0;
  state = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
  for (int round = 0; round < rounds; round++) {
    make_model(&model);
    if (forest_check(&model.forest) || credits_check(&model.forest, &model.credits))
      fail("a sound forest is refused");
    compare(&model);
    for (int i = 0; i < 20; i++)
      sound += spoil_and_compute(&model);
  }
  printf("fuzz_credits: %d forests by all ways, %d spoilt ones of which %d were computed\n", rounds, 20 * rounds, sound);
  return 0;
}
