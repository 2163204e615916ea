/* Search trees for elfutils' archives.
 *
 * elfutils 0.192's libelf.a and libdw.a, as distributed, refer to a helper library that is not
 * installed with them. The helpers are tsearch(3) with the root as the first member of the tree, plus a
 * lock that only thread-safe builds of elfutils have. This file is linked as an archive behind
 * libelf.a: where a later elfutils brings the helpers itself, nothing here is used. */
#define _GNU_SOURCE
#include <search.h>
#include <stddef.h>

typedef int compare_fn(const void *, const void *);
typedef void free_fn(void *);

struct search_tree {
    void *root;
};

void *eu_tsearch(const void *key, struct search_tree *tree, compare_fn *compare);
void *eu_tfind(const void *key, struct search_tree *tree, compare_fn *compare);
void *eu_tdelete(const void *key, struct search_tree *tree, compare_fn *compare);
void eu_tdestroy(struct search_tree *tree, free_fn *free_node);
void eu_search_tree_init(struct search_tree *tree);
void eu_search_tree_fini(struct search_tree *tree, free_fn *free_node);

void *eu_tsearch(const void *key, struct search_tree *tree, compare_fn *compare) {
    return tsearch(key, &tree->root, compare);
}

void *eu_tfind(const void *key, struct search_tree *tree, compare_fn *compare) {
    return tfind(key, &tree->root, compare);
}

void *eu_tdelete(const void *key, struct search_tree *tree, compare_fn *compare) {
    return tdelete(key, &tree->root, compare);
}

void eu_tdestroy(struct search_tree *tree, free_fn *free_node) {
    tdestroy(tree->root, free_node);
    tree->root = NULL;
}

void eu_search_tree_init(struct search_tree *tree) { tree->root = NULL; }

void eu_search_tree_fini(struct search_tree *tree, free_fn *free_node) { eu_tdestroy(tree, free_node); }
