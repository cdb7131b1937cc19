import test from 'ava';
import {ScramLogin} from '../src/scram.ts';

const nonce256 = 'rOprNGfwEbeRWgbNEkqO';
const first256 = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';

test('SCRAM-SHA-256 says what RFC 7677 says', async t => {
  const login = new ScramLogin('sha256', {user: 'user', password: 'pencil', nonce: nonce256});
  t.is(login.first(), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
  t.is(
    await login.final(first256),
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  );
  t.true(login.verifies('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='));
});

test('SCRAM-SHA-1 says what RFC 5802 says', async t => {
  const login = new ScramLogin('sha1', {user: 'user', password: 'pencil', nonce: 'fyko+d2lbbFgONRv9qkxdawL'});
  t.is(login.first(), 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL');
  t.is(
    await login.final('r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096'),
    'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
  );
  t.true(login.verifies('v=rmF9pqV8S7suAoZWja4dJRkFsKQ='));
});

test('a server that does not know the password is found out', async t => {
  const login = new ScramLogin('sha256', {user: 'user', password: 'pencil', nonce: nonce256});
  t.false(login.verifies('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='), 'before the challenge');
  await login.final(first256);
  t.false(login.verifies('v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='));
  t.false(login.verifies('e=invalid-proof'));
});

const refuses = test.macro({
  async exec(t, challenge: string) {
    const login = new ScramLogin('sha256', {user: 'user', password: 'pencil', nonce: nonce256});
    await t.throwsAsync(login.final(challenge));
  },
  title: what => `refuses a challenge with ${what}`,
});

test('a nonce that is not ours', refuses, 'r=somethingelse,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096');
test('nothing added to our nonce', refuses, `r=${nonce256},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
test('no salt', refuses, `r=${nonce256}x,i=4096`);
test('too few rounds', refuses, `r=${nonce256}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1`);
test('endless rounds', refuses, `r=${nonce256}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4000000000`);

test('commas and equal signs in a user name are escaped', t => {
  t.is(new ScramLogin('sha256', {user: 'a=b,c', password: '', nonce: 'n'}).first(), 'n,,n=a=3Db=2Cc,r=n');
});
