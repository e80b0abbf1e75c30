// Copyright: (c) 2026, xenfleet contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// What a hostile program in a stub domain can do to another domain: `probe DOMID` prints a line for each attempt.
// Numbers and layouts: Linux, include/uapi/xen/privcmd.h; Xen, public/xen.h, public/domctl.h and public/hvm/dm_op.h.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

struct hypercall { uint64_t op, arg[5]; };
struct mmapbatch { uint32_t num; uint16_t dom; uint64_t addr; const uint64_t *frames; int *errors; };
struct dm_buf { void *address; size_t size; };
struct dm_op { uint16_t dom, num; const struct dm_buf *bufs; };
#define PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct hypercall))
#define PRIVCMD_MMAPBATCH _IOC(_IOC_NONE, 'P', 4, sizeof(struct mmapbatch))
#define PRIVCMD_DM_OP _IOC(_IOC_NONE, 'P', 5, sizeof(struct dm_op))
enum { HYPERCALL_DOMCTL = 36, DOMCTL_PAUSE = 3, DM_OP_SET_PCI_INTX_LEVEL = 8, FRAME = 0x100, PAGE = 4096 };

static int privcmd;
static uint16_t domain;

static void tell(const char *what, int error)
{
    printf("probe: domain %u: %s: %s\n", domain, what, error ? strerror(error) : "allowed");
}

// Maps one page of the domain's memory, and reads it.
static void map_memory(void)
{
    uint64_t frame = FRAME;
    int error = 0;
    volatile char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, privcmd, 0);
    struct mmapbatch batch = { 1, domain, (uintptr_t)page, &frame, &error };
    if (page == MAP_FAILED || ioctl(privcmd, PRIVCMD_MMAPBATCH, &batch)) {
        tell("map its memory", errno);
        return;
    }
    if (!error)
        (void)*page;
    tell("map its memory", -error);
}

// Changes the level of an emulated interrupt, as a device model does.
static void raise_interrupt(void)
{
    struct { uint32_t op, pad; uint16_t segment; uint8_t bus, device, intx, level; uint16_t more; char rest[64]; } op = { 0 };
    op.op = DM_OP_SET_PCI_INTX_LEVEL;
    op.device = 31;
    struct dm_buf buf = { &op, sizeof op };
    struct dm_op call = { domain, 1, &buf };
    tell("raise its interrupts", ioctl(privcmd, PRIVCMD_DM_OP, &call) < 0 ? errno : 0);
}

// Pauses the domain; every toolstack's right, and never a device model's.
static void pause_domain(uint32_t version)
{
    static char page[PAGE] __attribute__((aligned(4096)));
    memset(page, 0, sizeof page);
    uint32_t *word = (uint32_t *)page;
    word[0] = DOMCTL_PAUSE;
    word[1] = version;
    ((uint16_t *)page)[4] = domain;
    mlock(page, sizeof page);
    struct hypercall call = { HYPERCALL_DOMCTL, { (uintptr_t)page } };
    tell("pause it", ioctl(privcmd, PRIVCMD_HYPERCALL, &call) < 0 ? errno : 0);
}

int main(int count, char **words)
{
    privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    if (privcmd < 0 || count != 3) {
        perror("probe: DOMID VERSION: /dev/xen/privcmd");
        return 1;
    }
    domain = (uint16_t)atoi(words[1]);
    map_memory();
    raise_interrupt();
    pause_domain((uint32_t)strtoul(words[2], NULL, 16));
    return 0;
}
