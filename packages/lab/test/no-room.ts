import test from 'ava';
import {LabError} from '../src/lab-error.ts';
import {toldAsNoRoom} from '../src/no-room.ts';

const place = {path: '/labs', variable: 'DR_LAB_DIR'};

for (const words of [
  'ENOSPC: no space left on device, write',
  'mke2fs /labs/one/alder/disk.img: No space left on device while writing out and closing file system',
  "cannot sync file '/etc/libvirt/qemu/networks/lan.xml.new': No space left on device",
]) {
  test(`a full disk is told with its place: ${words}`, t => {
    const error = toldAsNoRoom(new Error(words), place);
    t.true(error instanceof LabError && error.code === 'NO_ROOM');
    t.is(
      error instanceof LabError ? error.hint : '',
      'Make room there (see df /labs), or choose another place with DR_LAB_DIR.',
    );
  });
}

test('whatever else went wrong is told as it is', t => {
  const error = new Error('EACCES: permission denied, open');
  t.is(toldAsNoRoom(error, place), error);
});

test('a disk that is known to be full is told once', t => {
  const error = new LabError('NO_ROOM', 'There is no room in /cache: ENOSPC', {hint: ''});
  t.is(toldAsNoRoom(error, place), error);
});
