/* Copyright: (c) 2026, xenfleet contributors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Answer what Debian's xl asks of Xen and xenstore, on a machine without Xen: a preload library for tests.
 *
 * The host that it describes has eight processors in two NUMA nodes, 16 GiB of memory, an IOMMU, one pool of processors,
 * and every file, disk and driver domain that a configuration names. Hypercalls succeed and do nothing. xl therefore runs
 * through all checks of libxl, up to the first act that would need a real host: the start of a device model, of a stub
 * domain, of a boot loader, the connection of a device of the host, or the record of the finished domain. There the process ends:
 *
 *   exit code 80   libxl has no objection; the last line of stderr names the act
 *   exit code 81   libxl has refused the domain, and began to destroy it
 *   exit code 82   this library lacks an answer, or xl crashed: an error of the tests
 *
 * Structures have the layout of Xen 4.17 (xen/include/public/sysctl.h, domctl.h; tools/include/xenctrl.h) on x86_64.
 * XL_OFFLINE_TRACE=1 prints each request to stderr.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PASSED = 80, REFUSED = 81, BROKEN = 82 };
enum { CPUS = 8, NODES = 2, FIRST_NAMED_DOMAIN = 100 };
#define PAGES (16UL << 18)

static bool tracing;

static void trace(const char *function, const char *about)
{
    if (tracing)
        fprintf(stderr, "xl-offline: %s %s\n", function, about);
}

static void finish(int code, const char *act)
{
    fflush(NULL);
    dprintf(2, "xl-offline: %s\n", act);
    _exit(code);
}

static void crashed(int signal_number)
{
    dprintf(2, "xl-offline: xl ended by signal %d\n", signal_number);
    _exit(BROKEN);
}

__attribute__((constructor)) static void begin(void)
{
    tracing = getenv("XL_OFFLINE_TRACE") != NULL;
    signal(SIGSEGV, crashed);
    signal(SIGBUS, crashed);
    signal(SIGFPE, crashed);
    signal(SIGABRT, crashed);
    signal(SIGALRM, crashed);
    alarm(20);
}

/* ---- the hypervisor: what it is ---- */

void *xc_interface_open(void *logger, void *dombuild_logger, unsigned flags)
{
    void *(*real)(void *, void *, unsigned) = (void *(*)(void *, void *, unsigned))dlsym(RTLD_NEXT, "xc_interface_open");
    return real(logger, dombuild_logger, flags | 1); /* XC_OPENFLAG_DUMMY */
}

void *xencall_alloc_buffer(void *xcall, size_t size) { (void)xcall; return calloc(1, size + 4096); }
void xencall_free_buffer(void *xcall, void *buffer) { (void)xcall; free(buffer); }
void *xencall_alloc_buffer_pages(void *xcall, size_t pages) { (void)xcall; return calloc(pages, 4096); }
void xencall_free_buffer_pages(void *xcall, void *buffer, size_t pages) { (void)xcall, (void)pages; free(buffer); }

int xc_version(void *xch, int command, void *answer)
{
    static const int sizes[] = {0, 16, 144, 1024, 64, 8, 8, 0, 16, 1024};
    (void)xch;
    if (command == 0)
        return 4 << 16 | 17;
    if (command == 7)
        return 4096;
    if (command < 1 || command > 9) {
        errno = ENOSYS;
        return -1;
    }
    memset(answer, 0, sizes[command]);
    if (command == 3)
        strcpy(answer, "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64");
    if (command == 9)
        strcpy(answer, "dom0_mem=1024M,max:1024M"); /* so that xl leaves dom0's memory alone */
    return 0;
}

struct physinfo {
    uint32_t threads_per_core, cores_per_socket, nr_cpus, max_cpu_id, nr_nodes, max_node_id, cpu_khz;
    uint32_t capabilities, arch_capabilities, pad;
    uint64_t total_pages, free_pages, scrub_pages, outstanding_pages, max_mfn;
    uint32_t hw_cap[8];
};

int xc_physinfo(void *xch, struct physinfo *info)
{
    (void)xch;
    *info = (struct physinfo){
        .threads_per_core = 1, .cores_per_socket = 4, .nr_cpus = CPUS, .max_cpu_id = CPUS - 1,
        .nr_nodes = NODES, .max_node_id = NODES - 1, .cpu_khz = 2000000,
        .capabilities = 0x3ff, /* hvm pv directio hap shadow iommu_hap_pt_share vmtrace vpmu gnttab_v1 gnttab_v2 */
        .total_pages = PAGES, .free_pages = PAGES / 2, .max_mfn = PAGES,
    };
    return 0;
}

int xc_get_max_cpus(void *xch) { (void)xch; return CPUS; }
int xc_get_online_cpus(void *xch) { (void)xch; return CPUS; }
int xc_get_max_nodes(void *xch) { (void)xch; return NODES; }

int xc_cputopoinfo(void *xch, unsigned *number, uint32_t (*cpus)[3])
{
    (void)xch;
    for (unsigned cpu = 0; cpus && cpu < *number && cpu < CPUS; cpu++) {
        cpus[cpu][0] = cpu % 4;                    /* core */
        cpus[cpu][1] = cpus[cpu][2] = cpu / 4;     /* socket, node */
    }
    *number = CPUS;
    return 0;
}

int xc_numainfo(void *xch, unsigned *number, uint64_t (*memory)[2], uint32_t *distances)
{
    (void)xch;
    for (unsigned node = 0; memory && node < NODES; node++) {
        memory[node][0] = PAGES / NODES << 12;     /* all */
        memory[node][1] = PAGES / NODES << 11;     /* free */
        for (unsigned other = 0; distances && other < NODES; other++)
            distances[node * NODES + other] = node == other ? 10 : 20;
    }
    *number = NODES;
    return 0;
}

struct pool { uint32_t id, scheduler, domains; uint8_t *cpus; };

struct pool *xc_cpupool_getinfo(void *xch, uint32_t id)
{
    (void)xch;
    if (id) {
        errno = ENOENT;
        return NULL;
    }
    struct pool *pool = calloc(1, sizeof *pool + 8);
    pool->scheduler = 6; /* XEN_SCHEDULER_CREDIT2 */
    pool->cpus = (uint8_t *)(pool + 1);
    pool->cpus[0] = 0xff;
    return pool;
}

void xc_cpupool_infofree(void *xch, struct pool *pool) { (void)xch; free(pool); }
uint8_t *xc_cpupool_freeinfo(void *xch) { (void)xch; return calloc(1, 8); }
int xc_sched_id(void *xch, int *id) { (void)xch; *id = 6; return 0; }
long xc_sharing_freed_pages(void *xch) { (void)xch; return 0; }
long xc_sharing_used_frames(void *xch) { (void)xch; return 0; }
int xc_flask_context_to_sid(void *xch, char *text, uint32_t size, uint32_t *sid)
{
    (void)xch, (void)text, (void)size, (void)sid;
    errno = ENOSYS; /* XSM is off, which libxl only warns of */
    return -1;
}

/* ---- the hypervisor: domains ---- */

struct createdomain {
    uint32_t ssidref;
    uint8_t handle[16];
    uint32_t flags, iommu_opts, max_vcpus, max_evtchn_port;
    int32_t max_grant_frames, max_maptrack_frames;
    uint32_t grant_opts, vmtrace_size, cpupool_id;
};

enum { HVM = 1 << 0, HAP = 1 << 1, NESTED_VIRT = 1 << 6 }; /* XEN_DOMCTL_CDF_... */

struct domaininfo {
    uint16_t domain, pad1;
    uint32_t flags;
    uint64_t pages[6], cpu_time;
    uint32_t online_vcpus, max_vcpu_id, ssidref;
    uint8_t handle[16];
    uint32_t pool;
    uint8_t rest[16]; /* gpaddr_bits, arch_config */
};

static int created;
static struct createdomain guest;
static char *domain_names; /* separated by commas, from XL_OFFLINE_DOMAINS */

/* What the hypervisor itself refuses: xen/arch/x86/domain.c, arch_sanitise_domain_config; grant_table.c, grant_table_init. */
static const char *objection(const struct createdomain *config)
{
    bool hvm = config->flags & HVM, hap = config->flags & HAP;
    uint32_t size = config->vmtrace_size;
    if (config->max_vcpus > (hvm ? 128 : 8192))
        return "Requested vCPUs exceeds max";
    if (config->flags & NESTED_VIRT && !hap)
        return "Nested virt not supported without HAP";
    if (size && !hvm)
        return "vmtrace not supported for PV";
    if (size && (size < 4096 || size > 64 << 20 || size & (size - 1)))
        return "Unsupported vmtrace size";
    if ((config->grant_opts & 0xf) > 2)
        return "Bad grant table version";
    return NULL;
}

int xc_domain_create(void *xch, uint32_t *domid, struct createdomain *config)
{
    (void)xch;
    const char *reason = objection(config);
    if (reason) {
        fprintf(stderr, "xen: error: domain.c:0:sanitise_domain_config: %s\n", reason);
        errno = EINVAL;
        return -1;
    }
    if (!created)
        guest = *config;
    *domid = ++created; /* the second one is the stub domain */
    return 0;
}

static int named_domains(void)
{
    int number = 0;
    domain_names = getenv("XL_OFFLINE_DOMAINS");
    for (const char *at = domain_names; at && *at; at++)
        number += *at == ',' || at == domain_names;
    return number;
}

int xc_domain_getinfolist(void *xch, uint32_t first, unsigned most, struct domaininfo *info)
{
    unsigned found = 0;
    (void)xch;
    for (unsigned domid = first; domid < FIRST_NAMED_DOMAIN + (unsigned)named_domains() && found < most; domid++) {
        if (domid > (unsigned)created && domid < FIRST_NAMED_DOMAIN)
            continue;
        info[found] = (struct domaininfo){.domain = domid, .flags = 1 << 5, .online_vcpus = 1};
        if (domid == 1) {
            info[found].flags |= guest.flags & HVM ? 1 << 1 : 0; /* XEN_DOMINF_hvm_guest */
            info[found].max_vcpu_id = guest.max_vcpus - 1;
            memcpy(info[found].handle, guest.handle, 16);
        }
        found++;
    }
    return found;
}

/* The older form of the same, which libxl asks for the number of processors only. */
int xc_domain_getinfo(void *xch, uint32_t first, unsigned most, void *info)
{
    (void)xch, (void)most;
    memset(info, 0, 112);
    *(uint32_t *)info = first;
    return 1;
}

/* libxl destroys the domain that it cannot finish. */
int xc_domain_pause(void *xch, uint32_t domid) { (void)xch, (void)domid; finish(REFUSED, "libxl destroys the domain"); return 0; }
int xc_domain_destroy(void *xch, uint32_t domid) { (void)xch, (void)domid; finish(REFUSED, "libxl destroys the domain"); return 0; }

#define SUCCEED(name) int name(void) { trace(#name, ""); return 0; }
SUCCEED(xencall0) SUCCEED(xencall1) SUCCEED(xencall2) SUCCEED(xencall3) SUCCEED(xencall4) SUCCEED(xencall5)
long xencall2L(void) { return 0; }
SUCCEED(xc_domain_max_vcpus) SUCCEED(xc_domain_node_setaffinity) SUCCEED(xc_vcpu_setaffinity)
SUCCEED(xc_domain_setmaxmem) SUCCEED(xc_domain_set_memmap_limit) SUCCEED(xc_domain_set_memory_map)
SUCCEED(xc_hvm_param_set) SUCCEED(xc_domain_set_tsc_info) SUCCEED(xc_domain_set_time_offset)
SUCCEED(xc_set_paging_mempool_size) SUCCEED(xc_cpuid_apply_policy) SUCCEED(xc_domain_setvnuma)
SUCCEED(xc_sched_credit2_domain_get) SUCCEED(xc_sched_credit2_domain_set)
SUCCEED(xc_domain_iomem_permission) SUCCEED(xc_domain_ioport_permission) SUCCEED(xc_domain_irq_permission)
SUCCEED(xc_physdev_map_pirq) SUCCEED(xc_domain_memory_mapping) SUCCEED(xc_domain_set_pod_target)
SUCCEED(xc_assign_dt_device) SUCCEED(xc_domain_unpause) SUCCEED(xc_cpupool_movedomain)
int xc_evtchn_alloc_unbound(void) { return 7; }
int xc_domain_set_target(void) { finish(PASSED, "the stub domain is started"); return 0; }
int xc_get_machine_memory_map(void *xch, void *entries, uint32_t most)
{
    static const struct { uint64_t address, size; uint32_t type; } __attribute__((packed)) map[] = {
        {0, 640 << 10, 1}, {1 << 20, 3UL << 30, 1}, {0xfec00000, 1 << 20, 2}, {1UL << 32, 13UL << 30, 1},
    };
    (void)xch;
    if (most < 4)
        return -1;
    memcpy(entries, map, sizeof map);
    return 4;
}
int xc_reserved_device_memory_map(void *xch, uint32_t flags, uint16_t segment, uint8_t bus, uint8_t function, void *entries,
                                  uint32_t *most)
{
    (void)xch, (void)flags, (void)segment, (void)bus, (void)function, (void)entries;
    *most = 0;
    return 0;
}
void *xc_map_foreign_range(void *xch, uint32_t domid, int size, int protection, unsigned long frame)
{
    (void)xch, (void)domid, (void)protection, (void)frame;
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* The builder of libxenguest: no kernel is read, no page is filled. */
SUCCEED(xc_dom_boot_xen_init) SUCCEED(xc_dom_mem_init) SUCCEED(xc_dom_boot_mem_init)
SUCCEED(xc_dom_build_image) SUCCEED(xc_dom_boot_image) SUCCEED(xc_dom_gnttab_init) SUCCEED(xc_dom_kernel_file)
SUCCEED(xc_dom_kernel_mem) SUCCEED(xc_dom_module_file) SUCCEED(xc_dom_module_mem) SUCCEED(xc_dom_loginit)
int xc_dom_translated(void) { return 1; }

/* The size of a page is in struct xc_dom_arch (page_shift), which struct xc_dom_image points to (arch_hooks). */
int xc_dom_parse_image(char *dom)
{
    static int hooks[64];
    hooks[96 / sizeof *hooks] = 12;
    *(int **)(dom + 1696) = hooks;
    return 0;
}

/* ---- xenstore: a list of paths and values ---- */

struct node { char *path, *value; unsigned length; struct node *next; };
struct watch { char *path, *token; struct watch *next; };

static struct node *nodes;
static struct watch *fired, **last_fired = &fired;
static int watch_pipe[2] = {-1, -1};

void *xs_open(unsigned long flags) { (void)flags; return calloc(1, 4096); }
void *xs_daemon_open(void) { return xs_open(0); }
void xs_close(void *xsh) { (void)xsh; }
void xs_daemon_close(void *xsh) { (void)xsh; }
void xs_daemon_destroy_postfork(void *xsh) { (void)xsh; }
uint32_t xs_transaction_start(void *xsh) { (void)xsh; return 1; }
bool xs_transaction_end(void *xsh, uint32_t transaction, bool abort_it) { (void)xsh, (void)transaction, (void)abort_it; return true; }
bool xs_set_permissions(void) { return true; }
bool xs_introduce_domain(void) { return true; }
bool xs_release_domain(void) { return true; }
bool xs_set_target(void) { return true; }

static struct node *lookup(const char *path)
{
    struct node *node = nodes;
    while (node && strcmp(node->path, path))
        node = node->next;
    return node;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && !strcmp(text + length - tail, end);
}

bool xs_write(void *xsh, uint32_t transaction, const char *path, const void *data, unsigned length)
{
    (void)xsh, (void)transaction;
    trace("xs_write", path);
    struct node *node = lookup(path);
    if (!node) {
        node = calloc(1, sizeof *node);
        node->path = strdup(path);
        node->next = nodes;
        nodes = node;
    }
    node->value = calloc(1, length + 1);
    memcpy(node->value, data, length);
    node->length = length;
    /* A back end that libxl has just written is ready at once (XenbusStateInitWait). */
    if (strstr(path, "/backend/") && ends_with(path, "/state"))
        node->value[0] = '2';
    return true;
}

bool xs_mkdir(void *xsh, uint32_t transaction, const char *path)
{
    (void)xsh, (void)transaction;
    trace("xs_mkdir", path);
    if (!strncmp(path, "/local/domain/0/device-model/", 29))
        finish(PASSED, "the device model is started");
    return lookup(path) || xs_write(xsh, transaction, path, "", 0);
}

bool xs_rm(void *xsh, uint32_t transaction, const char *path)
{
    size_t length = strlen(path);
    (void)xsh, (void)transaction;
    for (struct node **at = &nodes; *at;)
        if (!strncmp((*at)->path, path, length) && ((*at)->path[length] == '/' || !(*at)->path[length]))
            *at = (*at)->next;
        else
            at = &(*at)->next;
    return true;
}

static char *name_of(unsigned place)
{
    char *text = strdup(domain_names), *rest = text, *name = strsep(&rest, ",");
    while (place-- && name)
        name = strsep(&rest, ",");
    return name ? strdup(name) : NULL;
}

void *xs_read(void *xsh, uint32_t transaction, const char *path, unsigned *length)
{
    char *answer = NULL;
    unsigned domid;
    int end = 0;
    (void)xsh, (void)transaction;
    trace("xs_read", path);
    struct node *node = lookup(path);
    if (node) {
        answer = malloc(node->length + 1);
        memcpy(answer, node->value, node->length + 1);
    } else if (!strcmp(path, "/local/domain/0/name")) {
        answer = strdup("Domain-0");
    } else if (strstr(path, "/backend/") && ends_with(path, "/physical-device-path"))
        answer = strdup("/dev/block"); /* which a block script has written */
    else if (!strcmp(path, "domid"))
        answer = strdup("0");
    else if (!strcmp(path, "/local/pool/0/name"))
        answer = strdup("Pool-0");
    else if (sscanf(path, "/local/domain/%u/name%n", &domid, &end) == 1 && end && !path[end]
             && domid >= FIRST_NAMED_DOMAIN && domid < FIRST_NAMED_DOMAIN + (unsigned)named_domains())
        answer = name_of(domid - FIRST_NAMED_DOMAIN);
    if (!answer)
        errno = ENOENT;
    else if (length)
        *length = node ? node->length : strlen(answer);
    return answer;
}

char **xs_directory(void *xsh, uint32_t transaction, const char *path, unsigned *number)
{
    (void)xsh, (void)transaction, (void)number;
    trace("xs_directory", path);
    if (!strncmp(path, "/libxl/pci", 10))
        finish(PASSED, "a PCI device is looked up by its name");
    errno = ENOENT;
    return NULL;
}

char *xs_get_domain_path(void *xsh, unsigned domid)
{
    char *path;
    (void)xsh;
    return asprintf(&path, "/local/domain/%u", domid) < 0 ? NULL : path;
}

int xs_fileno(void *xsh)
{
    (void)xsh;
    if (watch_pipe[0] < 0 && pipe(watch_pipe))
        finish(BROKEN, "no pipe for watches");
    return watch_pipe[0];
}

/* A watch fires once when it is set, as in xenstored. */
bool xs_watch(void *xsh, const char *path, const char *token)
{
    trace("xs_watch", path);
    if (ends_with(path, "/console/tty"))
        finish(PASSED, "the finished domain waits for its console");
    struct watch *watch = calloc(1, sizeof *watch);
    watch->path = strdup(path);
    watch->token = strdup(token);
    *last_fired = watch;
    last_fired = &watch->next;
    xs_fileno(xsh);
    return write(watch_pipe[1], "", 1) == 1;
}

bool xs_unwatch(void *xsh, const char *path, const char *token) { (void)xsh, (void)path, (void)token; return true; }

char **xs_check_watch(void *xsh)
{
    char byte;
    (void)xsh;
    if (!fired) {
        errno = EAGAIN;
        return NULL;
    }
    if (read(watch_pipe[0], &byte, 1) != 1)
        finish(BROKEN, "no event of a watch");
    char **event = malloc(2 * sizeof *event + strlen(fired->path) + strlen(fired->token) + 2);
    event[0] = strcpy((char *)(event + 2), fired->path);
    event[1] = strcpy(event[0] + strlen(event[0]) + 1, fired->token);
    fired = fired->next;
    if (!fired)
        last_fired = &fired;
    return event;
}

/* ---- the files of the host ---- */

static bool is_hosts_own(const char *path)
{
    static const char *const places[] = {"/proc/", "/sys/", "/run/", "/var/lib/xen/userdata", "/var/run/", "/var/lock/", "/var/log/"};
    for (size_t place = 0; place < sizeof places / sizeof *places; place++)
        if (!strncmp(path, places[place], strlen(places[place])))
            return true;
    return path[0] != '/';
}

/* Every disk image and device that is named is there. */
int stat(const char *restrict path, struct stat *restrict info)
{
    static int (*real)(const char *, struct stat *);
    if (!real)
        real = (int (*)(const char *, struct stat *))dlsym(RTLD_NEXT, "stat");
    if (is_hosts_own(path) || !real(path, info))
        return is_hosts_own(path) ? real(path, info) : 0;
    memset(info, 0, sizeof *info);
    info->st_mode = strncmp(path, "/dev/", 5) ? S_IFREG | 0600 : S_IFBLK | 0600;
    info->st_nlink = 1;
    return 0;
}

int access(const char *path, int mode)
{
    (void)mode;
    trace("access", path);
    if (!strncmp(path, "/sys/bus/", 9))
        finish(PASSED, "a device of the host is connected");
    if (!is_hosts_own(path))
        return 0;
    errno = ENOENT;
    return -1;
}

DIR *opendir(const char *path)
{
    static DIR *(*real)(const char *);
    if (!real)
        real = (DIR *(*)(const char *))dlsym(RTLD_NEXT, "opendir");
    trace("opendir", path);
    if (!strncmp(path, "/sys/bus/", 9))
        finish(PASSED, "a device of the host is connected");
    return real(path);
}

static FILE *text_file(const char *text)
{
    int file = memfd_create("xl-offline", 0);
    if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text) || lseek(file, 0, SEEK_SET))
        finish(BROKEN, "no file in memory");
    return fdopen(file, "r");
}

/* Firmware is there, too; /etc/xen/xl.conf is always the same. */
FILE *fopen(const char *restrict path, const char *restrict mode)
{
    static FILE *(*real)(const char *, const char *);
    if (!real)
        real = (FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen");
    trace("fopen", path);
    if (!strcmp(path, "/etc/xen/xl.conf"))
        return text_file("autoballoon=\"off\"\n");
    if (!strncmp(path, "/sys/bus/", 9))
        finish(PASSED, "a device of the host is connected");
    if (strstr(path, "/bootloader."))
        finish(PASSED, "the boot loader is started");
    FILE *file = real(path, mode);
    return file || is_hosts_own(path) || !strncmp(path, "/etc/", 5) || strchr(mode, 'w') ? file : text_file("firmware");
}

int open(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    va_list list;
    va_start(list, flags);
    int mode = flags & O_CREAT ? va_arg(list, int) : 0;
    va_end(list);
    if (!real)
        real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    trace("open", path);
    if (created && strstr(path, "/userdata-"))
        finish(PASSED, "the finished domain is recorded");
    if (!strncmp(path, "/sys/bus/", 9))
        finish(PASSED, "a device of the host is connected");
    if ((flags & O_ACCMODE) != O_RDONLY && strncmp(path, "/dev/", 5)) {
        errno = EROFS; /* nothing is written on this machine */
        return -1;
    }
    return real(path, flags, mode);
}

/* The user that a device model with dm_restrict runs as. */
int getpwnam_r(const char *name, struct passwd *user, char *buffer, size_t size, struct passwd **found)
{
    snprintf(buffer, size, "%s", name);
    *user = (struct passwd){.pw_name = buffer, .pw_uid = 60000, .pw_gid = 60000};
    *found = user;
    return 0;
}

int getpwuid_r(uid_t id, struct passwd *user, char *buffer, size_t size, struct passwd **found)
{
    (void)id, (void)user, (void)buffer, (void)size;
    *found = NULL;
    return 0;
}

/* The folder and the socket of a device model with dm_restrict are not made. */
int mkdir(const char *path, mode_t mode) { (void)path, (void)mode; return 0; }
int bind(int file, const struct sockaddr *address, socklen_t length) { (void)file, (void)address, (void)length; return 0; }
int listen(int file, int backlog) { (void)file, (void)backlog; return 0; }

/* ---- programs: hotplug scripts succeed ---- */

int execvp(const char *path, char *const arguments[]) { (void)path, (void)arguments; _exit(0); }
int execv(const char *path, char *const arguments[]) { (void)path, (void)arguments; _exit(0); }
int execl(const char *path, const char *argument, ...) { (void)path, (void)argument; _exit(0); }
