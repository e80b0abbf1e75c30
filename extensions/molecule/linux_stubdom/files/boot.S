/* Copyright: (c) 2026, xenfleet contributors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A guest of one sector: prints on COM1 that it booted, reads the next sector through the BIOS, prints what is there,
 * and waits for a key, which resets it. In converge.yml stands what these bytes are:
 *   as --32 boot.S -o boot.o && ld -m elf_i386 -Ttext 0x7c00 --oformat binary boot.o -o boot.bin && base64 boot.bin
 */
    .code16
    .globl _start
_start:
    cli
    xorw %ax,%ax
    movw %ax,%ds
    movw %ax,%es
    movw %ax,%ss
    movw $0x7c00,%sp
    sti
    movb %dl,drive
    movw $hello,%si
    call puts
    movw $0x0201,%ax
    movw $0x8000,%bx
    movw $0x0002,%cx
    xorb %dh,%dh
    movb drive,%dl
    int $0x13
    jc bad
    movw $0x8000,%si
    call puts
    movw $nl,%si
    call puts
/* The reset of QEMU's keyboard controller, which the toolstack answers with a new domain. */
wait:
    hlt
    movb $1,%ah
    int $0x16
    jz wait
    movb $0xfe,%al
    outb %al,$0x64
    jmp wait
bad:
    movw $badm,%si
    call puts
    jmp wait
puts:
    lodsb
    testb %al,%al
    jz 2f
    movb %al,%ah
    movw $0x3fd,%dx
1:  inb %dx,%al
    testb $0x20,%al
    jz 1b
    movb %ah,%al
    movw $0x3f8,%dx
    outb %al,%dx
    jmp puts
2:  ret
hello: .asciz "xenfleet: booted from the disk\r\n"
nl: .asciz "\r\n"
badm: .asciz "xenfleet: the disk cannot be read\r\n"
drive: .byte 0
    .org 510
    .word 0xaa55
