import {copyOffline} from './copy-offline.ts';
import {moveLive} from './move-live.ts';
import {prepareDisks} from './prepare-disks.ts';
import {retireSource} from './retire-source.ts';
import {underClaim} from './under-claim.ts';
import {verifyDomain} from './verify-domain.ts';

/** The kinds of step that a migration's plan is made of; their context is a `MigrationContext`. */
export const migrationKinds = [prepareDisks, moveLive, copyOffline, verifyDomain, retireSource].map(underClaim);
