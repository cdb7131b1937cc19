import {shellWord} from '@dr-toolkit/estate';
import type {DomainReading} from '@dr-toolkit/hosts';

import {claimFindings} from './claim-findings.ts';
import {diskFindings} from './disk-findings.ts';
import {copiedDisks} from './domain-move.ts';
import type {Examined} from './examined.ts';
import type {Finding} from './finding.ts';
import {collected} from './collected-findings.ts';
import {hardwareFindings} from './hardware-findings.ts';
import {runs} from './how-to-move.ts';
import {imageFindings} from './image-findings.ts';
import {networkFindings} from './network-findings.ts';
import {hasLeft} from './whereabouts.ts';

/** What concerns one domain. */
export function domainFindings(examined: Examined): Finding[] {
  const domain = examined.source.domains.find(({uuid}) => uuid === examined.move.uuid);
  if (!domain) return [];
  const {move} = examined;
  const claims = claimFindings(move, examined.assessment.claims[move.uuid]);
  if (move.how === 'finish') return [...claims, ...finishFindings(examined, domain)];
  if (move.how === 'follow') return [...claims, ...followFindings(examined, domain)];
  return [
    ...claims,
    ...stateFindings(examined, domain),
    ...conflictFindings(examined, domain),
    ...hardwareFindings(examined, domain),
    ...pastFindings(examined, domain),
    ...fileFindings(examined, domain),
    ...diskFindings(examined, domain),
    ...imageFindings(examined, domain),
    ...networkFindings(examined, domain),
  ];
}

function finishFindings(examined: Examined, domain: DomainReading): Finding[] {
  const {from, to, uuid} = examined.move;
  const there = examined.target.domains.find(other => other.uuid === uuid);
  return collected(examined, add =>
    add(
      'notes',
      'MOVED_ALREADY',
      `${domain.name} is ${there?.state} on ${to} already and ${domain.state} on ${from}: an earlier move was cut off before its end`,
      `Nothing to do: this run verifies it on ${to} and removes it from ${from}`,
      to,
    ),
  );
}

function followFindings(examined: Examined, {name}: DomainReading): Finding[] {
  const {from, to} = examined.move;
  return collected(examined, add =>
    add(
      'notes',
      'MOVE_UNDERWAY',
      `${name} is on its way from ${from} to ${to} already: an earlier move goes on`,
      `Nothing to do: this run follows it to its end, verifies it on ${to} and removes it from ${from}`,
    ),
  );
}

function stateFindings(examined: Examined, domain: DomainReading): Finding[] {
  const {name, state, stateReason, job} = domain;
  const {move, target} = examined;
  return collected(examined, add => {
    if (job !== undefined) {
      const remedy = job.startsWith('migration')
        ? `If a run of dr is moving it, resume that run (dr runs); else wait, or end it: virsh domjobabort ${shellWord(name)}`
        : `Wait until it has ended, or end it: virsh domjobabort ${shellWord(name)}`;
      add('blocks', 'JOB_RUNNING', `A ${job} job is under way on ${name}`, remedy);
    }
    if (move.how === 'live' && !runs(domain)) {
      add(
        'blocks',
        'WRONG_MODE',
        `${name} is ${state}, so there is nothing to move live`,
        'Use --mode auto or --mode offline',
      );
    }
    if (move.how === 'offline' && hasLeft(domain) && !target.domains.some(({uuid}) => uuid === domain.uuid)) {
      add(
        'blocks',
        'MOVED_AWAY',
        `${name} was moved away from ${move.from}, and ${move.to} does not know it: what ${move.from} has is what it left behind`,
        `See where it lives (dr status). If it runs nowhere and is to go on from these disks, start it here first: virsh start ${shellWord(name)}; if it lives elsewhere, remove the remainder: virsh undefine ${shellWord(name)} --keep-nvram`,
      );
    }
    if (move.how === 'offline' && runs(domain)) {
      add(
        'blocks',
        'WRONG_MODE',
        `${name} is ${state}; an offline move needs it shut off`,
        `Shut it down (virsh shutdown ${shellWord(name)}), or use --mode auto`,
      );
    }
    if (move.how === 'live' && (state === 'crashed' || stateReason === 'ioerror')) {
      add(
        'blocks',
        'DOMAIN_STATE',
        `${name} is ${state} (${stateReason})`,
        `Mend what stopped it, then: virsh resume ${shellWord(name)}`,
      );
    }
    if (move.how === 'live' && state === 'pmsuspended') {
      add('blocks', 'DOMAIN_STATE', `${name} has suspended itself`, `Wake it: virsh dompmwakeup ${shellWord(name)}`);
    }
    if (move.how === 'live' && state === 'paused' && stateReason !== 'ioerror') {
      add(
        'warns',
        'DOMAIN_STATE',
        `${name} is paused, and will be paused on the target too`,
        `Resume it before or after: virsh resume ${shellWord(name)}`,
      );
    }
    if (move.how === 'live' && !domain.persistent) {
      add(
        'notes',
        'DOMAIN_STATE',
        `${name} is transient: it has no definition on ${move.from}, and gets one on ${move.to}`,
        'Nothing to do',
      );
    }
    if (domain.managedSave) {
      add(
        'blocks',
        'MANAGED_SAVE',
        `${name} has a managed-save image, which only ${move.from} can wake it from`,
        `Start it (virsh start ${shellWord(name)}) and move it live, or drop what it had in memory: virsh managedsave-remove ${shellWord(name)}`,
      );
    }
    if (move.how === 'live' && !move.answered) {
      add(
        'notes',
        'AGENT_SILENT',
        `No agent and no address of ${name} answers now, so afterwards only its state can be verified`,
        `To have more verified, install and enable qemu-guest-agent in ${name}`,
      );
    }
  });
}

function conflictFindings(examined: Examined, domain: DomainReading): Finding[] {
  const {move, target} = examined;
  const {name, uuid} = domain;
  return collected(examined, add => {
    const same = target.domains.find(other => other.uuid === uuid);
    if (same && runs(same) && runs(domain)) {
      add(
        'blocks',
        'RUNS_TWICE',
        `${name} is ${domain.state} on ${move.from} and ${same.state} on ${move.to}`,
        `Look at both now, and stop the wrong one: virsh domstate ${shellWord(name)}`,
        move.to,
      );
    } else if (same && !runs(domain) && (runs(same) || hasBegunCopy(examined))) {
      add(
        'blocks',
        'DOMAIN_EXISTS',
        `${name} is ${same.state} on ${move.to} and ${domain.state} on ${move.from}, and nothing tells that dr moved it there: which of the two has the newer disks cannot be told`,
        `See which one is right, and remove the definition of the other (virsh undefine ${shellWord(name)} --keep-nvram): its disks stay`,
        move.to,
      );
    } else if (same) {
      add(
        'blocks',
        'DOMAIN_EXISTS',
        `${move.to} has a definition of ${same.name} already (same UUID, ${same.state})`,
        `If it is a remainder, remove it on ${move.to}: virsh undefine ${shellWord(same.name)} --keep-nvram`,
        move.to,
      );
    }
    const namesake = target.domains.find(other => other.name === name && other.uuid !== uuid);
    if (namesake) {
      add(
        'blocks',
        'DOMAIN_EXISTS',
        `${move.to} has another domain called ${name} (UUID ${namesake.uuid})`,
        `Rename one of them while it is shut off: virsh domrename ${shellWord(name)} NEWNAME`,
        move.to,
      );
    }
    const macs = new Set(domain.interfaces.map(({mac}) => mac));
    for (const other of target.domains.filter(found => found.uuid !== uuid)) {
      const mac = other.interfaces.find(nic => macs.has(nic.mac))?.mac;
      if (mac !== undefined) {
        add(
          'blocks',
          'MAC_EXISTS',
          `${other.name} on ${move.to} has the same MAC address ${mac} as ${name}`,
          `Give one of them another MAC address: virsh edit ${shellWord(other.name)}`,
          move.to,
        );
      }
    }
  });
}

/** Whether dr's own note lies beside a file of it on the target: the domain there may have worked with that. */
function hasBegunCopy({move, assessment: {targetFiles}}: Examined): boolean {
  const notes = copiedDisks(move).map(({targetPath}) => targetFiles[targetPath]?.note);
  return notes.some(note => note?.kind === 'incoming' && note.uuid === move.uuid);
}

function pastFindings(examined: Examined, domain: DomainReading): Finding[] {
  const {name, snapshots, checkpoints} = domain;
  return collected(examined, add => {
    if (snapshots.length > 0) {
      add(
        'blocks',
        'SNAPSHOTS',
        `${name} has snapshots (${snapshots.join(', ')}); libvirt does not move a domain that has them, and its records of them would stay behind`,
        `Delete them (virsh snapshot-delete ${shellWord(name)} NAME), or only libvirt's records (--metadata), which leaves what is inside the disk files as it is`,
      );
    }
    if (checkpoints.length > 0) {
      add(
        'blocks',
        'CHECKPOINTS',
        `${name} has checkpoints (${checkpoints.join(', ')}), which belong to the disks on this host`,
        `Delete them (virsh checkpoint-delete ${shellWord(name)} NAME); the next incremental backup then starts with a full one`,
      );
    }
  });
}

function fileFindings(examined: Examined, domain: DomainReading): Finding[] {
  const {move, assessment} = examined;
  return collected(examined, add => {
    for (const {path, purpose} of domain.hostFiles) {
      const found = assessment.hostFiles[path];
      if (purpose === 'nvram' || found === 'present') continue;
      const eject = purpose === 'cdrom' || purpose === 'floppy';
      add(
        'blocks',
        'HOST_FILE_MISSING',
        typeof found === 'object'
          ? `${domain.name} uses ${path} (${purpose}), and whether ${move.to} has it cannot be told: ${found.unread}`
          : `${domain.name} uses ${path} (${purpose}), which ${move.to} does not have`,
        eject
          ? `Eject it (virsh change-media ${shellWord(domain.name)} DRIVE --eject), or copy the file to ${move.to}`
          : `Copy the file to the same path on ${move.to}`,
        move.to,
      );
    }
  });
}
