import {child, children, LibvirtError} from '@dr-toolkit/libvirt';
import {XMLSerializer} from '@xmldom/xmldom';

import {domainDefinition} from '../domain-definition.ts';
import {HostError} from '../host-error.ts';
import type {CallOptions, CpuVerdict} from '../host.ts';
import {rootOf} from '../xml.ts';
import type {LibvirtLink} from './libvirt-link.ts';

const failIncompatible = 1;

/** Whether a domain with this definition finds the CPU it needs on a host. */
export async function compareCpu(
  link: LibvirtLink,
  definition: string,
  {signal}: CallOptions = {},
): Promise<CpuVerdict> {
  const cpu = child(rootOf(definition, 'domain'), 'cpu');
  const mode = cpu?.getAttribute('mode') ?? 'custom';
  if (!cpu || mode === 'host-model' || !child(cpu, 'model')) {
    if (mode !== 'host-passthrough' && mode !== 'maximum') return {verdict: 'compatible'};
    return {verdict: 'unknown', reason: `its CPU is ${mode}: all that its present host has`};
  }
  const {virtType, arch, machine} = domainDefinition(definition);
  return virtType === 'qemu'
    ? emulatedCpu(link, child(cpu, 'model')?.textContent?.trim() ?? '', {arch, machine}, {signal})
    : hardwareCpu(link, new XMLSerializer().serializeToString(cpu), {arch, machine, virtType}, {signal});
}

async function hardwareCpu(
  link: LibvirtLink,
  xmlCpu: string,
  {arch, machine, virtType}: {arch: string; machine: string; virtType: string},
  options: CallOptions,
): Promise<CpuVerdict> {
  const wanted = {arch, machine, virttype: virtType, xmlCpu};
  try {
    await link.call('CONNECT_COMPARE_HYPERVISOR_CPU', {...wanted, flags: failIncompatible}, options);
    return {verdict: 'compatible'};
  } catch (error) {
    if (!(error instanceof HostError) || !(error.cause instanceof LibvirtError)) throw error;
    const verdict = error.code === 'CPU_INCOMPATIBLE' ? 'incompatible' : 'unknown';
    return {verdict, reason: error.cause.message};
  }
}

/** An emulated CPU needs no hardware: it is enough that the emulator knows the model. */
async function emulatedCpu(
  link: LibvirtLink,
  model: string,
  {arch, machine}: {arch: string; machine: string},
  options: CallOptions,
): Promise<CpuVerdict> {
  const answer = await link.ask('CONNECT_GET_DOMAIN_CAPABILITIES', {arch, machine, virttype: 'qemu'}, options);
  if (!answer) return {verdict: 'unknown', reason: `its emulator does not say which models it has`};
  const modes = children(child(rootOf(answer.capabilities, 'domainCapabilities'), 'cpu'), 'mode');
  const models = modes.flatMap(found => children(found, 'model'));
  const known = models.find(found => found.textContent?.trim() === model);
  if (!known) return {verdict: 'incompatible', reason: `its emulator has no model ${model}`};
  if (known.getAttribute('usable') !== 'no') return {verdict: 'compatible'};
  return {verdict: 'incompatible', reason: `its emulator cannot use model ${model}`};
}
