/* The table of functions and values: every row is whole, every name is there once and can be suggested. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builtins/builtin.h"
#include "builtins/common.h"
#include "maps/map_kind.h"

static void rows_are_whole(void **state) {
    for (const struct builtin *const *g = builtin_groups; *g; g++)
        for (const struct builtin *b = *g; b->name; b++) {
            if (!b->args || !b->help || !*b->help)
                fail_msg("%s lacks arguments or help", b->name);
            if (!b->check && !b->result)
                fail_msg("%s has no type", b->name);
            if (!(b->flags & (BF_COMPTIME | BF_INTERNAL)) && !b->emit && !b->emit_into && strcmp(b->args, "any,..."))
                fail_msg("%s has no code", b->name);
            if (!(b->flags & BF_ASYNC) != !b->deliver)
                fail_msg("%s: asynchronous and deliver go together", b->name);
        }
}

static void names_are_unique(void **state) {
    for (const struct builtin *const *g = builtin_groups; *g; g++)
        for (const struct builtin *b = *g; b->name; b++) {
            if (builtin_find(b->name) != b)
                fail_msg("%s is there twice", b->name);
            if (map_kind_find(b->name))
                fail_msg("%s is an aggregation as well", b->name);
        }
    assert_null(builtin_find("nonsense"));
    assert_null(builtin_find(""));
}

static void names_are_listed(void **state) {
    const char *const *names;
    size_t n = builtin_names(&names), rows = 0;
    for (size_t i = 0; i < n; i++) {
        if (!builtin_find(names[i]))
            fail_msg("%s is listed only", names[i]);
        if (i && strcmp(names[i - 1], names[i]) >= 0)
            fail_msg("%s is out of order", names[i]);
    }
    for (const struct builtin *const *g = builtin_groups; *g; g++)
        for (const struct builtin *b = *g; b->name; b++)
            rows += !(b->flags & BF_INTERNAL);
    assert_int_equal(rows, n);
}

static void knows_registers(void **state) {
    assert_true(reg_offset(reg_offset("ip") >= 0 ? "ip" : "pc") >= 0);
    assert_int_equal(reg_offset("pc"), reg_of_ip());
    assert_int_equal(reg_offset("nonsense"), -1);
    assert_true(reg_of_argument(5) >= 0);
    assert_int_equal(reg_of_argument(9), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(names_are_listed),
        cmocka_unit_test(knows_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
