/* Text of the kernel's memory allocation flags, for printf's %gr: composites first, then single bits, then the rest. */
#include "output/show.h"

struct flag {
    uint64_t bits;
    const char *name;
};

static const struct flag composites[] = {
    { 0x21c24ca, "GFP_TRANSHUGE" },
    { 0x21c20ca, "GFP_TRANSHUGE_LIGHT" },
    { 0x2100cca, "GFP_HIGHUSER_MOVABLE" },
    { 0x100cc2, "GFP_HIGHUSER" },
    { 0x100cc0, "GFP_USER" },
    { 0x400cc0, "GFP_KERNEL_ACCOUNT" },
    { 0xcc0, "GFP_KERNEL" },
    { 0xc40, "GFP_NOFS" },
    { 0x820, "GFP_ATOMIC" },
    { 0xc00, "GFP_NOIO" },
    { 0x2800, "GFP_NOWAIT" },
};

static const char *const single_bits[] = {
    [0] = "GFP_DMA",
    [1] = "__GFP_HIGHMEM",
    [2] = "GFP_DMA32",
    [5] = "__GFP_HIGH",
    [6] = "__GFP_IO",
    [7] = "__GFP_FS",
    [8] = "__GFP_ZERO",
    [10] = "__GFP_DIRECT_RECLAIM",
    [11] = "__GFP_KSWAPD_RECLAIM",
    [12] = "__GFP_WRITE",
    [13] = "__GFP_NOWARN",
    [14] = "__GFP_RETRY_MAYFAIL",
    [15] = "__GFP_NOFAIL",
    [16] = "__GFP_NORETRY",
    [17] = "__GFP_MEMALLOC",
    [18] = "__GFP_COMP",
    [19] = "__GFP_NOMEMALLOC",
    [20] = "__GFP_HARDWALL",
    [21] = "__GFP_THISNODE",
    [22] = "__GFP_ACCOUNT",
    [23] = "__GFP_ZEROTAGS",
    [24] = "__GFP_SKIP_ZERO",
    [25] = "__GFP_SKIP_KASAN",
    [26] = "__GFP_NO_OBJ_EXT",
};

static void add(struct strbuf *out, bool *is_first, const char *name) {
    if (!*is_first)
        strbuf_addc(out, '|');
    *is_first = false;
    if (name)
        strbuf_adds(out, name);
}

void show_gfp(struct strbuf *out, uint64_t flags) {
    bool is_first = true;
    if (!flags)
        strbuf_addc(out, '0');
    for (size_t i = 0; i < sizeof composites / sizeof *composites; i++) {
        if ((flags & composites[i].bits) != composites[i].bits)
            continue;
        flags &= ~composites[i].bits;
        add(out, &is_first, composites[i].name);
    }
    for (size_t i = 0; i < sizeof single_bits / sizeof *single_bits; i++) {
        if (!single_bits[i] || !(flags >> i & 1))
            continue;
        flags &= ~(UINT64_C(1) << i);
        add(out, &is_first, single_bits[i]);
    }
    if (flags) {
        add(out, &is_first, NULL);
        show_hex(out, flags);
    }
}
