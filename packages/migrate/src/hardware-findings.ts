import type {DomainReading} from '@dr-toolkit/hosts';

import {collected} from './collected-findings.ts';
import type {Examined} from './examined.ts';
import type {Finding} from './finding.ts';

/** Whether the target has the hardware, real or emulated, that a domain was given. */
export function hardwareFindings(examined: Examined, domain: DomainReading): Finding[] {
  const {move, target, assessment} = examined;
  const {name, virtType, arch, machine} = domain;
  return collected(examined, add => {
    for (const device of domain.hostDevices) {
      const severity = move.how === 'live' ? 'blocks' : 'warns';
      const remedy =
        move.how === 'live'
          ? `Detach it first, or shut ${name} down and move it with --mode offline`
          : `See that ${move.to} has it before starting ${name} there`;
      add(severity, 'HOST_DEVICE', `${name} uses a device of its host: ${device}`, remedy);
    }
    if (domain.tpm === 'passthrough') {
      add(
        'blocks',
        'HOST_DEVICE',
        `${name} uses the TPM of its host`,
        `Give it an emulated TPM, or leave it on ${move.from}`,
      );
    } else if (domain.tpm === 'emulator' && move.how === 'offline') {
      add(
        'blocks',
        'TPM_STATE',
        `The state of ${name}'s emulated TPM lies outside its disks and is not copied`,
        `Start ${name} and move it live`,
      );
    }
    const known = target.machines.filter(found => found.virtType === virtType && found.arch === arch);
    if (known.length === 0) {
      add(
        'blocks',
        'MACHINE_UNKNOWN',
        `${move.to} cannot run ${virtType} domains for ${arch}`,
        `Install or enable ${virtType} on ${move.to}, or choose another host`,
        move.to,
      );
    } else if (!known.some(({machines}) => machines.includes(machine))) {
      add(
        'blocks',
        'MACHINE_UNKNOWN',
        `The QEMU of ${move.to} does not know machine type ${machine} of ${name}`,
        `Update QEMU on ${move.to}, or set an older machine type in ${name} while it is shut off`,
        move.to,
      );
    }
    const cpu = assessment.cpu[domain.uuid];
    if (cpu?.verdict === 'incompatible') {
      add(
        'blocks',
        'CPU_INCOMPATIBLE',
        `The CPU of ${move.to} lacks what ${name} has been given${cpu.reason ? `: ${cpu.reason}` : ''}`,
        `Set a CPU model that both hosts have (virsh hypervisor-cpu-baseline), or choose another host`,
        move.to,
      );
    } else if (cpu?.verdict === 'unknown') {
      add(
        'warns',
        'CPU_UNKNOWN',
        `Whether the CPU of ${move.to} suits ${name} cannot be told${cpu.reason ? `: ${cpu.reason}` : ''}`,
        'If both machines are of the same kind, go on; libvirt itself checks again',
        move.to,
      );
    }
  });
}
