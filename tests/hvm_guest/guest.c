/* Copyright: (c) 2026, xenfleet contributors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A guest of a few kB that uses each device of an emulated PC once, in real mode. It shows what it found on the screen,
 * below all characters that it shows (by which tests/hvm_guest/screen.py reads the rest), and on the serial port.
 *
 * It waits in hlt, and looks at its devices at each fourth of the timer's 18 ticks in a second: a guest that polls would
 * need a processor for itself, and each access to a port of the device model takes milliseconds where Xen is emulated.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

enum {
    CD_MARK = 0x0500,       /* what the CD's boot image leaves there */
    SECTOR_BUFFER = 0x0800,
    SEND_BUFFER = 0x1000,   /* of 2 kB, for each network card */
    RECEIVE_BUFFER = 0xa000, /* of 12 kB, for each network card; all below 64 kB, which is what real mode reaches */
    FIRST_ROW = 3,          /* of the text on the screen */
    COM1 = 0x3f8,
    CARDS = 2,
};

static inline void outb(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static inline void outw(u16 port, u16 value) { __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
static inline void outl(u16 port, u32 value) { __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port)); }
static inline u8 inb(u16 port) { u8 value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline u32 inl(u16 port) { u32 value; __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port)); return value; }

static inline u8 *memory(u32 address) {
    __asm__("" : "+r"(address)); /* a fixed address below 4 kB is no mistake here */
    return (u8 *)address;
}

/* The screen, the serial port */

static u16 row = FIRST_ROW;

static void show(u16 cell, u8 character) {
    __asm__ volatile("movw %w0, %%es\n\tmovw %w1, %%es:(%2)\n\tmovw %w3, %%es"
                     : : "r"(0xb800), "r"((u16)(0x0700 | character)), "r"((u32)cell * 2), "r"(0) : "memory");
}

static void send(u8 character) {
    while (!(inb(COM1 + 5) & 0x20)) {}
    outb(COM1, character);
}

/* Show a line, and print it. A value with a place in it stands for %. */
static void say(const char *text, const u8 *value) {
    u16 column = 0;
    for (; *text; text++)
        if (*text == '%')
            for (; value && *value >= ' ' && *value < 0x7f; value++) {
                show(row * 80 + column++, *value);
                send(*value);
            }
        else {
            show(row * 80 + column++, *text);
            send(*text);
        }
    send('\r');
    send('\n');
    row++;
}

static u8 *decimal(u8 *end, u32 number) {
    for (*end = 0; number || !end[0]; number /= 10) {
        *--end = '0' + number % 10;
        if (number < 10)
            break;
    }
    return end;
}

static void bios_screen(u32 function, u32 value) {
    __asm__ volatile("int $0x10" : "+a"(function), "+c"(value) : : "ebx", "edx", "cc", "memory");
}

static void screen(void) {
    u16 character;
    bios_screen(0x0003, 0);      /* text of 80 columns */
    bios_screen(0x0100, 0x2000); /* no cursor */
    for (character = ' '; character < 0x7f; character++)
        show(character - ' ', character);
}

/* The disk */

static int sector(u32 function) {
    u32 ax = function << 8 | 1, cx = 1, dx = 0x0180; /* one sector: the first of the disk's second head */
    __asm__ volatile("int $0x13\n\tsbbl %0, %0" /* the carry flag tells of an error */
                     : "+a"(ax), "+c"(cx), "+d"(dx) : "b"(SECTOR_BUFFER) : "memory", "cc");
    return ax;
}

/* Read the marker, which image.py has put there; count this boot in the last bytes of its sector, write it, and read that again. */
static void disk(void) {
    u8 digits[12], *marker = memory(SECTOR_BUFFER);
    u32 *boots = (u32 *)memory(SECTOR_BUFFER + 508), counted;
    if (sector(2)) {
        say("disk: cannot be read", 0);
        return;
    }
    say("disk: %", marker);
    counted = *boots += 1;
    if (sector(3)) {
        say("disk: cannot be written", 0);
        return;
    }
    *boots = 0;
    if (sector(2) || *boots != counted)
        say("disk: what was written is not there", 0);
    else
        say("disk: boots: %", decimal(digits + 11, *boots));
}

/* Network cards: RTL8139, which each QEMU has. They answer ARP requests, and ICMP echo requests (ping). */

static struct card { u16 port, received, sent; u8 mac[6], ip[4]; } cards[CARDS];

static u32 pci(u32 device, u32 reg) {
    outl(0xcf8, 0x80000000 | device << 11 | reg);
    return inl(0xcfc);
}

static void start(struct card *card, u32 device, u32 number) {
    u32 byte, command = pci(device, 4);
    outl(0xcfc, command | 5); /* its ports, and its access to memory */
    card->port = pci(device, 0x10) & ~3;
    for (byte = 0; byte < 6; byte++)
        card->mac[byte] = inb(card->port + byte);
    card->ip[0] = 10;
    card->ip[1] = 9;
    card->ip[2] = number;
    card->ip[3] = card->mac[5];
    outb(card->port + 0x37, 0x10); /* reset */
    while (inb(card->port + 0x37) & 0x10) {}
    outl(card->port + 0x30, RECEIVE_BUFFER + number * 0x3000);
    outw(card->port + 0x3c, 0);    /* no interrupts */
    outb(card->port + 0x37, 0x0c); /* send and receive */
    outl(card->port + 0x44, 0x8a); /* what is for this card, and broadcasts; the buffer has room behind its 8 kB */
}

static void network(void) {
    u8 digits[4] = "";
    u32 device, found = 0;
    for (device = 0; device < 32 && found < CARDS; device++)
        if (pci(device, 0) == 0x813910ec) {
            start(&cards[found], device, found);
            found++;
        }
    say("network cards: %", decimal(digits + 3, found));
}

static void copy(u8 *to, const u8 *from, u32 length) { while (length--) *to++ = *from++; }

static int same(const u8 *one, const u8 *other, u32 length) {
    while (length--)
        if (*one++ != *other++)
            return 0;
    return 1;
}

static void answer(struct card *card, const u8 *packet, u32 length) {
    u8 *reply = memory(SEND_BUFFER + (card - cards) * 0x800);
    u32 sum;
    if (length < 60 || length > 1514)
        return;
    copy(reply, packet, length);
    copy(reply, packet + 6, 6);
    copy(reply + 6, card->mac, 6);
    if (packet[12] == 8 && packet[13] == 6 && packet[21] == 1 && same(packet + 38, card->ip, 4)) {
        reply[21] = 2;
        copy(reply + 32, packet + 22, 10);
        copy(reply + 22, card->mac, 6);
        copy(reply + 28, card->ip, 4);
    } else if (packet[12] == 8 && !packet[13] && packet[14] == 0x45 && packet[23] == 1 && packet[34] == 8
               && same(packet + 30, card->ip, 4)) {
        copy(reply + 26, packet + 30, 4);
        copy(reply + 30, packet + 26, 4);
        reply[34] = 0;
        sum = (packet[36] << 8 | packet[37]) + 0x0800;
        sum += sum >> 16;
        reply[36] = sum >> 8;
        reply[37] = sum;
    } else
        return;
    outl(card->port + 0x20 + card->sent * 4, (u32)reply);
    outl(card->port + 0x10 + card->sent * 4, length);
    card->sent = (card->sent + 1) & 3;
}

static void receive(struct card *card) {
    u8 *packet;
    u32 length;
    while (card->port && !(inb(card->port + 0x37) & 1)) {
        packet = memory(RECEIVE_BUFFER + (card - cards) * 0x3000 + card->received);
        length = packet[2] | packet[3] << 8;
        answer(card, packet + 4, length - 4);
        card->received = ((card->received + length + 4 + 3) & ~3) & 0x1fff;
        outw(card->port + 0x38, card->received - 16);
    }
}

/* The keyboard */

static u8 key(void) {
    u32 ax = 0x0100;
    u8 none;
    __asm__ volatile("int $0x16\n\tsetz %0" : "=&q"(none), "+a"(ax) : : "ecx", "edx", "cc");
    if (none)
        return 0;
    ax = 0;
    __asm__ volatile("int $0x16" : "+a"(ax) : : "ecx", "edx", "cc");
    return ax;
}

__attribute__((section(".entry"), noreturn)) void _start(void) {
    u32 *mark = (u32 *)memory(CD_MARK);
    u8 pressed[2] = "";
    u32 tick;
    screen();
    say("xenfleet: the small guest", 0);
    say(*mark == 0x64632d78 ? "cd: read" : "cd: not read", 0);
    *mark = 0;
    disk();
    network();
    say("ready", 0);
    for (tick = 0;; tick++) {
        __asm__ volatile("sti\n\thlt");
        if (tick % 4)
            continue;
        receive(&cards[0]);
        receive(&cards[1]);
        pressed[0] = key();
        if (pressed[0] == 'r') {
            say("reset", 0);
            outb(0x64, 0xfe); /* of the keyboard's controller, which the toolstack answers with a new domain */
        } else if (pressed[0]) {
            say("key: %", pressed);
        }
        if (inb(COM1 + 5) & 1) {
            pressed[0] = inb(COM1);
            say("serial: %", pressed);
        }
        if (row > 20)
            row = FIRST_ROW + 7;
    }
}
