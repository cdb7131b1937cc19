import test from 'ava';
import {DaemonLink} from '../../src/daemon-link.ts';
import {readEvent, type EventKindName} from '../../src/events/event-kinds.ts';

const link = new DaemonLink('test:///default');

const reads = test.macro({
  exec(t, kind: EventKindName, payload: object, event: object) {
    t.deepEqual<object, object>(readEvent(kind, {callbackId: 1, ...payload}, link), event);
  },
  title: (what, kind: EventKindName) => `${kind}: ${what}`,
});

const disk = {name: 'scsi_host12'};

test(
  'a device of the host appears',
  reads,
  'node-device',
  {dev: disk, event: 0, detail: 0},
  {
    kind: 'node-device',
    device: 'scsi_host12',
    event: 'created',
  },
);
test(
  'a device of the host is no longer defined',
  reads,
  'node-device',
  {dev: disk, event: 3, detail: 0},
  {
    kind: 'node-device',
    device: 'scsi_host12',
    event: 'undefined',
  },
);
test(
  'what a newer daemon tells of a device',
  reads,
  'node-device',
  {dev: disk, event: 9, detail: 0},
  {
    kind: 'node-device',
    device: 'scsi_host12',
    event: 'unknown-9',
  },
);
test(
  'a device of the host changes',
  reads,
  'node-device-update',
  {dev: disk},
  {
    kind: 'node-device-update',
    device: 'scsi_host12',
  },
);

const said = {
  dom: {name: 'db', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1},
  event: 'STOP',
  seconds: 1n,
  micros: 0,
};

test("an event of QEMU's monitor has its data", t => {
  t.like(readEvent('monitor', {...said, details: '{"reason":"host"}'}, link), {event: 'STOP', data: {reason: 'host'}});
});

test('data of a monitor event that is no JSON ends nothing', t => {
  t.like(readEvent('monitor', {...said, details: '{"reason":'}, link), {event: 'STOP', data: '{"reason":'});
});
