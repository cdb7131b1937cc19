import {Socket} from 'node:net';
import test from 'ava';
import {connected} from '../../src/transports/socket-transport.ts';

const options = {
  address: 'unix:/run/libvirt/libvirt-sock',
  confidential: true,
  host: undefined,
  readOnly: false,
  hint: 'Start the daemon.',
  hintWhenDenied: 'Become root.',
};

const hints = test.macro({
  async exec(t, code: string, hint: string) {
    const socket = new Socket();
    const connecting = connected(socket, 'connect', options);
    socket.destroy(Object.assign(new Error(`connect ${code}`), {code}));
    const error = await t.throwsAsync(connecting, {code: 'CONNECT_FAILED', message: new RegExp(code)});
    t.like(error, {hint});
  },
  title: what => `says what to do ${what}`,
});

test('where nobody listens', hints, 'ECONNREFUSED', 'Start the daemon.');
test('where one may not enter', hints, 'EACCES', 'Become root.');
