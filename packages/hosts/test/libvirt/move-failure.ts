import {ConnectionError, errorNumbers, LibvirtError, MigrationError} from '@dr-toolkit/libvirt';
import test from 'ava';

import {HostError, type HostErrorCode} from '../../src/index.ts';
import {moveFailure} from '../../src/libvirt/move-failure.ts';

const rpcPart = 7;
const qemuPart = 10;

interface Refusal {
  readonly code: keyof typeof errorNumbers;
  readonly message: string;
  readonly part?: number;
}

function refusal({code, message, part = qemuPart}: Refusal): LibvirtError {
  const nothing = {dom: null, net: null, str1: null, str2: null, str3: null, int1: 0, int2: 0};
  const error = {...nothing, code: errorNumbers[code], domain: part, level: 2, message};
  return new LibvirtError(error, {host: 'alder', procedure: 'DOMAIN_MIGRATE_PERFORM3_PARAMS'});
}

const becomes = test.macro({
  exec(t, error: Error, movedBytes: number, code: HostErrorCode) {
    const failure = moveFailure(error, {source: 'alder', target: 'birch', movedBytes});
    if (!(failure instanceof HostError)) throw new TypeError(String(failure));
    t.is(failure.code, code);
    t.is(failure.message, `from alder to birch: ${error.message}`);
    t.is(failure.cause, error);
    t.notRegex(failure.hint, /\.$/u);
  },
  title: (situation = '', _error: Error, _bytes: number, code: HostErrorCode) => `${situation} is ${code}`,
});

const noRoute = refusal({
  code: 'OPERATION_FAILED',
  message: 'Failed to connect to remote libvirt URI qemu+ssh://birch/system: Cannot recv data: No route to host',
});
const endOfFile = refusal({
  code: 'SYSTEM_ERROR',
  message: 'End of file while reading data: : Input/output error',
  part: rpcPart,
});

const refused = refusal({
  code: 'SYSTEM_ERROR',
  message: "unable to connect to server at 'birch:16509': Connection refused",
  part: rpcPart,
});
const noLogin = refusal({
  code: 'SYSTEM_ERROR',
  message: 'End of file while reading data: Permission denied (publickey).: Input/output error',
  part: rpcPart,
});

test('a daemon whose peer does not listen', becomes, refused, 0, 'PEER_UNREACHABLE');
test('a daemon whose peer does not let it in', becomes, noLogin, 0, 'PEER_UNREACHABLE');
test('the complaint of an ssh that ends half-way', becomes, noLogin, 4096, 'OUTCOME_UNKNOWN');
test('a daemon that does not reach its peer', becomes, noRoute, 0, 'PEER_UNREACHABLE');
test('the same words after bytes have moved', becomes, noRoute, 1, 'FAILED');
test('a connection between the daemons that ends', becomes, endOfFile, 4096, 'OUTCOME_UNKNOWN');
test('the same before any byte was seen', becomes, endOfFile, 0, 'OUTCOME_UNKNOWN');
test(
  'a lock that is not had in time',
  becomes,
  refusal({code: 'OPERATION_TIMEOUT', message: 'cannot acquire state change lock'}),
  0,
  'OUTCOME_UNKNOWN',
);
test(
  'a daemon that hangs up on dr',
  becomes,
  new ConnectionError('CONNECTION_LOST', 'alder hung up', {hint: 'Look at alder.'}),
  0,
  'OUTCOME_UNKNOWN',
);
test(
  'a target that goes away at the very end',
  becomes,
  new MigrationError('MIGRATION_OUTCOME_UNKNOWN', 'birch went away', {hint: 'Find out.'}),
  4096,
  'OUTCOME_UNKNOWN',
);
test(
  'a target that says it did not take over',
  becomes,
  new MigrationError('MIGRATION_TARGET_FAILED', 'birch could not start it', {hint: 'Try again.'}),
  4096,
  'FAILED',
);
test(
  'a job that somebody aborts',
  becomes,
  refusal({code: 'OPERATION_ABORTED', message: 'canceled by client'}),
  4096,
  'ABORTED',
);
