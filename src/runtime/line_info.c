/* Line records of the object: from the number of an instruction to a place in the script.
 *
 * The compiler gives every instruction a line; LLVM writes them to .BTF.ext, section by section, each record saying
 * where a new line or column begins. The object is our own, but read with the distrust that any ELF file deserves. */
#include <elf.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <string.h>

#include "runtime/line_info.h"

struct bytes {
    const uint8_t *at;
    size_t size;
};

/* The part [offset, offset + size) of b; empty when it is not all there. */
static struct bytes part(struct bytes b, uint64_t offset, uint64_t size) {
    if (offset > b.size || size > b.size - offset)
        return (struct bytes){ 0 };
    return (struct bytes){ b.at + offset, size };
}

static const char *string(struct bytes strings, uint32_t offset) {
    return offset < strings.size && memchr(strings.at + offset, 0, strings.size - offset)
               ? (const char *)strings.at + offset
               : "";
}

/* ---- sections ------------------------------------------------------------------------------ */

static bool section(struct bytes elf, const Elf64_Ehdr *head, uint32_t i, Elf64_Shdr *out) {
    struct bytes b = part(elf, head->e_shoff + (uint64_t)i * sizeof *out, sizeof *out);
    if (b.size)
        memcpy(out, b.at, sizeof *out);
    return b.size;
}

static struct bytes find_section(struct bytes elf, const char *name) {
    Elf64_Ehdr head;
    Elf64_Shdr names, s;
    if (elf.size < sizeof head)
        return (struct bytes){ 0 };
    memcpy(&head, elf.at, sizeof head);
    if (!section(elf, &head, head.e_shstrndx, &names))
        return (struct bytes){ 0 };
    struct bytes strings = part(elf, names.sh_offset, names.sh_size);
    for (uint32_t i = 0; i < head.e_shnum && section(elf, &head, i, &s); i++)
        if (strcmp(string(strings, s.sh_name), name) == 0)
            return part(elf, s.sh_offset, s.sh_size);
    return (struct bytes){ 0 };
}

static struct bytes btf_strings(struct bytes elf) {
    struct bytes btf = find_section(elf, ".BTF");
    struct btf_header head;
    if (btf.size < sizeof head)
        return (struct bytes){ 0 };
    memcpy(&head, btf.at, sizeof head);
    return part(btf, (uint64_t)head.hdr_len + head.str_off, head.str_len);
}

/* ---- records ------------------------------------------------------------------------------- */

/* Start of .BTF.ext; later kernels append to it. */
struct ext_header {
    uint16_t magic;
    uint8_t version, flags;
    uint32_t hdr_len, func_info_off, func_info_len, line_info_off, line_info_len;
};

static struct bytes line_records(struct bytes elf) {
    struct bytes ext = find_section(elf, ".BTF.ext");
    struct ext_header head;
    if (ext.size < sizeof head)
        return (struct bytes){ 0 };
    memcpy(&head, ext.at, sizeof head);
    return part(ext, (uint64_t)head.hdr_len + head.line_info_off, head.line_info_len);
}

/* The records of one section: `size` is that of a record. */
static struct bytes records_of(struct bytes all, struct bytes strings, const char *name, uint32_t *size) {
    struct {
        uint32_t name, n;
    } block;
    if (all.size < sizeof *size)
        return (struct bytes){ 0 };
    memcpy(size, all.at, sizeof *size);
    for (uint64_t at = sizeof *size; part(all, at, sizeof block).size;) {
        memcpy(&block, all.at + at, sizeof block);
        at += sizeof block;
        struct bytes records = part(all, at, (uint64_t)block.n * *size);
        if (!records.size || strcmp(string(strings, block.name), name) == 0)
            return records;
        at += records.size;
    }
    return (struct bytes){ 0 };
}

bool line_of_instruction(const void *elf_data, size_t elf_size, const char *section_name, uint32_t instruction,
                         struct script_place *out) {
    struct bytes elf = { elf_data, elf_size };
    if (instruction >= find_section(elf, section_name).size / sizeof(struct bpf_insn))
        return false;
    uint32_t size = 0;
    struct bytes strings = btf_strings(elf), records = records_of(line_records(elf), strings, section_name, &size);
    bool found = false;
    for (size_t at = 0; size >= sizeof(struct bpf_line_info) && at + size <= records.size; at += size) {
        struct bpf_line_info line;
        memcpy(&line, records.at + at, sizeof line);
        if (line.insn_off / sizeof(struct bpf_insn) > instruction)
            break;
        *out = (struct script_place){ .file = string(strings, line.file_name_off),
                                      .line = BPF_LINE_INFO_LINE_NUM(line.line_col),
                                      .col = BPF_LINE_INFO_LINE_COL(line.line_col) };
        found = true;
    }
    return found;
}
