import {basename} from 'node:path';
import test from 'ava';
import {LabError} from '../src/lab-error.ts';
import {cacheFolder, labFolder, labsFolder, requireName, requireOwn} from '../src/lab-folder.ts';

test('a lab lies in DR_LAB_DIR, else in /var/tmp/dr-lab', t => {
  t.is(labFolder('one', {DR_LAB_DIR: '/labs'}).path, '/labs/one');
  t.is(labFolder('one', {}).record, '/var/tmp/dr-lab/one/lab.json');
});

test('a relative DR_LAB_DIR begins here', t => {
  t.is(labFolder('one', {DR_LAB_DIR: 'labs/'}).path, `${process.cwd()}/labs/one`);
});

for (const path of ['/tmp/my labs', '/tmp/$HOME', '/tmp/a"b', "/tmp/a'b", '/tmp/a\nb', '/tmp/a;b', '/tmp/a?b']) {
  test(`labs cannot lie in ${JSON.stringify(path)}`, t => {
    t.throws(() => labsFolder({DR_LAB_DIR: path}), {instanceOf: LabError, code: 'BAD_NAME'});
  });
}

test('what is built is kept in XDG_CACHE_HOME', t => {
  t.is(cacheFolder({XDG_CACHE_HOME: '/cache'}), '/cache/dr-lab');
});

for (const name of ['', '.', '..', 'a/b', '-a', 'a-', 'A', 'a b', 'a"b', '$(x)', 'ä', 'a'.repeat(31)]) {
  test(`"${name}" is no name of a host`, t => {
    t.throws(() => requireName('host', name), {instanceOf: LabError, code: 'BAD_NAME'});
  });
}

for (const name of ['controller', 'localhost', 'key']) {
  test(`${name} is somebody else already, and no name of a host`, t => {
    t.throws(() => requireName('host', name), {instanceOf: LabError, code: 'BAD_NAME'});
    t.notThrows(() => requireName('lab', name));
  });
}

for (const name of ['1', '007', '0x1f']) {
  test(`${name} is an address to ssh, and no name of a host`, t => {
    t.throws(() => requireName('host', name), {instanceOf: LabError, code: 'BAD_NAME'});
    t.notThrows(() => requireName('lab', name));
  });
}

test('the folder in which the disk of a guest is made is never that of a host', t => {
  const folder = basename(labFolder('one', {}).scratch('dns'));
  t.throws(() => requireName('host', folder), {instanceOf: LabError, code: 'BAD_NAME'});
});

test('a name that every object has is a name like others', t => {
  t.notThrows(() => requireName('host', 'constructor'));
});

test('a path cannot be smuggled in as the name of a lab', t => {
  t.throws(() => labFolder('../etc'), {instanceOf: LabError, code: 'BAD_NAME'});
});

const stranger = 54_321;

for (const [whose, stats, env] of [
  ['root alone', {uid: 0, mode: 0o40700}, {}],
  ['root and a group', {uid: 0, mode: 0o40770}, {}],
  ['root and that all may write to, each what is theirs', {uid: 0, mode: 0o41777}, {}],
  ['whom sudo was called by', {uid: stranger, mode: 0o40755}, {SUDO_UID: String(stranger)}],
] as const) {
  test(`labs may lie in a folder of ${whose}`, t => {
    t.notThrows(() => requireOwn('/labs', stats, env));
  });
}

for (const [whose, stats] of [
  ['another user, who could put a program there for root to run', {uid: stranger, mode: 0o40755}],
  ['root that others may write to', {uid: 0, mode: 0o40777}],
] as const) {
  test(`labs may not lie in a folder of ${whose}`, t => {
    t.throws(() => requireOwn('/labs', stats, {}), {instanceOf: LabError, code: 'LAB_REFUSED'});
  });
}
