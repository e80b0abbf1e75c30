# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say of each key without a rule in collisions.py why two guests of a host can have the same value of it (pure).

Every key of a definition, of ``xl`` and of ``xm`` is in one of the two tables: a test fails for a new one that is in none.
"""

from __future__ import annotations

from typing import Mapping

_REASONS: Mapping[str, str] = {
    "describes the guest by itself, and takes nothing of the host but memory and time": """
        type memory maxmem vcpus state restart autostart order start_delay
        settings.acpi settings.acpi_laptop_slate settings.acpi_s3 settings.acpi_s4 settings.altp2m settings.altp2m_count
        settings.altp2mhvm settings.apic settings.cap settings.cpu_cap settings.cpu_weight settings.cpuid settings.cpuid_check
        settings.description settings.e820_host settings.extratime settings.features settings.guest_os_type settings.hap
        settings.hpet settings.hvm_pirq settings.isa settings.latency settings.localtime settings.machine_address_size
        settings.max_event_channels settings.max_grant_frames settings.max_grant_version settings.max_maptrack_frames
        settings.maxvcpus settings.mca_caps settings.memory_sharing settings.mmio_hole settings.ms_vm_genid
        settings.msr_relaxed settings.nestedhvm settings.nics settings.nomigrate settings.nr_spis settings.nx settings.oos
        settings.pae settings.period settings.pvshim settings.pvshim_cmdline settings.pvshim_extra settings.rdm
        settings.rdm_mem_boundary settings.rtc_timeoffset settings.s3_integrity settings.shadow_memory settings.slice
        settings.smbios settings.superpages settings.suppress_spurious_page_faults settings.sve settings.timer_mode
        settings.trap_unmapped_accesses settings.tsc_mode settings.vcpu_avail settings.vendor_device settings.vhpt
        settings.viridian settings.vmtrace_buf_kb settings.vpmu settings.vpt_align settings.xen_extended_power_mgmt
        settings.xen_platform_pci settings.xen_platform_pci_bar_uc settings.xend_suspend_evtchn_compat
        settings.xenstore_feature_mask settings.xenstore_quota settings.gic_version settings.nographic""",
    "decides what becomes of the domain": """
        settings.on_crash settings.on_poweroff settings.on_reboot settings.on_soft_reset settings.on_watchdog
        settings.on_xend_start settings.on_xend_stop settings.restart""",
    "Xen shares processors, and their caches, between guests": """
        settings.cpu settings.cpus settings.cpus_soft settings.pool settings.vnuma settings.llc_colors""",
    "is an emulated device of the guest's own, without a device of the host": """
        settings.hdtype settings.soundhw settings.stdvga settings.usb settings.usbctrl settings.usbversion settings.vga
        settings.videoram settings.vkb_device settings.vuart settings.monitor
        disks.vdev disks.access disks.format disks.script disks.cdrom disks.shared disks.kind disks.backendtype
        disks.specification disks.discard disks.direct_io_safe disks.trusted disks.grant_usage
        vifs.type vifs.model vifs.rate vifs.devid vifs.mtu vifs.vlan vifs.trusted vifs.script settings.virtio settings.pvcalls""",
    "is a file that is only read": """
        boot.kernel boot.ramdisk device_model.kernel device_model.ramdisk settings.acpi_firmware settings.bios_path_override
        settings.device_tree settings.firmware_override settings.loader settings.pvshim_path settings.smbios_firmware
        settings.stubdomain_kernel settings.stubdomain_ramdisk""",
    "is the way in which a guest boots": """
        boot.method boot.image boot.arch boot.kernel_arch boot.menu boot.tftp boot.dhcp boot.cmdline boot.order boot.bios
        boot.expect boot.bootloader boot.bootloader_args settings.bios settings.boot settings.bootargs settings.bootloader_restrict settings.bootloader_user
        settings.dhcp settings.gateway settings.hostname settings.interface settings.ip settings.netmask settings.nfs_root
        settings.nfs_server""",
    "is the way in which its device model runs": """
        device_model.scheme device_model.version device_model.memory device_model.cmdline settings.device_model
        settings.device_model_override
        settings.device_model_stubdomain_override settings.device_model_stubdomain_seclabel settings.device_model_version
        settings.dm_restrict settings.stubdomain_cmdline settings.stubdomain_memory settings.target""",
    "is a bridge or an interface of dom0, which many guests use": "vifs.bridge vifs.gatewaydev",
    "is a domain, which can serve many guests": "needs disks.backend vifs.backend",
    "is newer than this collection, which does not know what it takes": "extra disks.options vifs.options",
    "belongs to a display, whose port has a rule": """
        display.type display.where display.passwd display.keymap display.opengl display.viewers display.sdl
        settings.display settings.keymap settings.opengl settings.sdl settings.spice settings.spice_clipboard_sharing
        settings.spice_image_compression settings.spice_streaming_video settings.spiceagent_mouse
        settings.spicedisable_ticketing settings.spicepasswd settings.spiceusbredirection settings.spicevdagent
        settings.vncconsole settings.vncpasswd settings.vncviewer settings.xauthority""",
    "belongs to devices of the host, which have rules": """
        settings.gfx_passthru settings.passthrough settings.pci_msitranslate settings.pci_permissive settings.pci_power_mgmt
        settings.pci_seize""",
    "makes the guest a back end, of which a host can have many": "settings.blkif settings.driver_domain settings.netif settings.tpmif",
    "is a label of a security policy, which many guests have": "settings.access_control settings.init_seclabel settings.seclabel",
    "is a service of the firmware, which Xen divides between guests": "settings.arm_sci settings.tee",
}

SHAREABLE: Mapping[str, str] = {key: reason for reason, keys in _REASONS.items() for key in keys.split()}
