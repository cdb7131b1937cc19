import {defineStep} from '@dr-toolkit/engine';
import {preparationLane} from '@dr-toolkit/estate';
import {readDiskNote} from '@dr-toolkit/hosts';

import {clearTarget} from './clear-target.ts';
import {copiedDisks, type DomainMove, leftFiles} from './domain-move.ts';
import {MigrationError} from './migration-error.ts';
import {isPrepared, prepareTarget} from './prepare-target.ts';
import {proveShared} from './prove-shared.ts';
import {hostsOf, isArriving, type MigrationContext, statesText, whereabouts} from './whereabouts.ts';

/** Proves what is shared to be so, and makes the empty files that the other disks of a domain are copied into. */
export const prepareDisks = defineStep<DomainMove, MigrationContext>('prepare-disks', {
  // Two at once on a target: those that move first are ready first.
  lanes: ({to}) => [{lane: preparationLane(to), places: 1}],

  async inspect(move, context) {
    const hosts = hostsOf(move, context);
    const there = await hosts.target.readDomain(move.uuid, context);
    if (there && !isArriving(there)) return {state: 'done'};
    if (move.disks.some(({proof}) => proof === 'probe')) return {state: 'pending'};
    return {state: (await isPrepared(move, hosts, context)) ? 'done' : 'pending'};
  },

  async perform(move, context) {
    const hosts = hostsOf(move, context);
    const where = await whereabouts(move, hosts, context);
    if (where.at !== 'source' && !(where.at === 'off' && where.source && !where.target)) {
      throw new MigrationError(
        'NOT_ON_SOURCE',
        `${move.domain} cannot be moved from ${move.from}: ${statesText(where)}`,
        {
          hint: 'See where it is: dr status',
        },
      );
    }
    await proveShared(move, hosts, context);
    await prepareTarget(move, hosts, context);
    return {disks: copiedDisks(move).map(({targetPath}) => targetPath)};
  },

  /** Nothing to take back where the domain has arrived, or where no file of it waits for it any more. */
  async inspectUndo(move, context) {
    const {target} = hostsOf(move, context);
    if (await target.readDomain(move.uuid, context)) return {state: 'done'};
    for (const {targetPath: path} of leftFiles(move)) {
      const note = await readDiskNote(target, path, 'incoming', context);
      if (note?.uuid === move.uuid) return {state: 'pending'};
    }
    return {state: 'done'};
  },

  async undo(move, context) {
    await clearTarget(move, hostsOf(move, context), context);
  },
});
