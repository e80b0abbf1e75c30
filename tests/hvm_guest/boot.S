/* Copyright: (c) 2026, xenfleet contributors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The boot sector of the small guest's disk: loads guest.c from the SECTORS behind it, and starts it. With CD defined,
 * the boot image of its CD: leaves a mark in memory for guest.c, then starts the disk.
 */
    .code16
    .section .boot, "ax"
    .globl _start
_start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    sti
    cld
#ifdef CD
/* The disk's sector comes to where this runs now, so this goes on elsewhere. */
    movw $0x7c00, %si
    movw $0x0600, %di
    movw $256, %cx
    rep movsw
    ljmp $0, $0x0600 + (moved - _start)
moved:
    movl $0x64632d78, 0x0500
#define SECTORS 1
#define FIRST_SECTOR 1
#define NEXT 0x7c00
#else
#define FIRST_SECTOR 2
#define NEXT 0x7e00
#endif
    movw $0x0200 + SECTORS, %ax
    movw $NEXT, %bx
    movw $FIRST_SECTOR, %cx
    movw $0x0080, %dx
    int $0x13
    jc failed
    ljmp $0, $NEXT
failed:
    movw $0x0e21, %ax
    int $0x10
    hlt
    jmp failed
    .org 510
    .word 0xaa55
