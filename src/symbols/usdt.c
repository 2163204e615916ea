/* USDT probes: the notes of section .note.stapsdt.
 *
 * A note holds the address of the probe site, the address the section .stapsdt.base had at link time (prelink may have
 * moved the file since: the difference applies to all addresses) and the address of a semaphore, then three strings:
 * provider, name, arguments. Addresses become file offsets here, which is what the kernel wants. */
#include <gelf.h>
#include <string.h>

#include "support/vec.h"
#include "symbols/elf_file.h"

enum { NT_STAPSDT = 3 };

typedef VEC(struct elf_usdt) usdt_vec;

static uint64_t word(const char *p, unsigned size) {
    uint64_t v = 0;
    memcpy(&v, p, size); /* little endian, as all the machines this runs on */
    return v;
}

/* The string at *p, which moves behind it; NULL when it does not end before `end`. */
static const char *next_string(const char **p, const char *end) {
    const char *s = *p, *nul = s < end ? memchr(s, 0, (size_t)(end - s)) : NULL;
    if (nul)
        *p = nul + 1;
    return nul ? s : NULL;
}

static void add_note(struct elf_file *f, usdt_vec *list, const char *desc, size_t size, uint64_t base) {
    unsigned w = gelf_getclass(f->elf) == ELFCLASS32 ? 4 : 8;
    if (size < 3 * w)
        return;
    uint64_t pc = word(desc, w), linked_base = word(desc + w, w), semaphore = word(desc + 2 * w, w);
    const char *p = desc + 3 * w, *end = desc + size;
    struct elf_usdt u = { .provider = next_string(&p, end), .name = NULL };
    u.name = u.provider ? next_string(&p, end) : NULL;
    u.args = u.name ? next_string(&p, end) : NULL;
    if (!u.name)
        return;
    u.args = u.args ? u.args : "";
    uint64_t moved = base && linked_base ? base - linked_base : 0;
    u.address = pc + moved;
    if (!elf_offset(f, u.address, &u.offset))
        return;
    if (semaphore)
        elf_offset(f, semaphore + moved, &u.semaphore);
    VEC_PUSH(f->arena, list, u);
}

static void read_notes(struct elf_file *f, usdt_vec *list, Elf_Scn *scn, uint64_t base) {
    Elf_Data *data = elf_getdata(scn, NULL);
    if (!data)
        return;
    GElf_Nhdr nh;
    size_t name, desc;
    for (size_t at = 0, next; (next = gelf_getnote(data, at, &nh, &name, &desc)) > 0; at = next) {
        const char *bytes = data->d_buf;
        if (nh.n_type == NT_STAPSDT && nh.n_namesz == sizeof "stapsdt" && !memcmp(bytes + name, "stapsdt", 8))
            add_note(f, list, bytes + desc, nh.n_descsz, base);
    }
}

size_t elf_usdts(struct elf_file *f, const struct elf_usdt **out) {
    if (!f->has_usdts) {
        f->has_usdts = true;
        usdt_vec list = { 0 };
        Elf_Scn *notes[16];
        size_t nnotes = 0, shstrndx = 0;
        uint64_t base = 0;
        elf_getshdrstrndx(f->elf, &shstrndx);
        for (Elf_Scn *scn = NULL; (scn = elf_nextscn(f->elf, scn));) {
            GElf_Shdr sh;
            const char *name = gelf_getshdr(scn, &sh) ? elf_strptr(f->elf, shstrndx, sh.sh_name) : NULL;
            if (name && !strcmp(name, ".stapsdt.base"))
                base = sh.sh_addr;
            else if (name && sh.sh_type == SHT_NOTE && !strcmp(name, ".note.stapsdt") && nnotes < 16)
                notes[nnotes++] = scn;
        }
        for (size_t i = 0; i < nnotes; i++)
            read_notes(f, &list, notes[i], base);
        f->usdts = list.v;
        f->nusdts = list.n;
    }
    *out = f->usdts;
    return f->nusdts;
}
