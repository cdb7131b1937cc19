#!/usr/bin/env node
// Plain JavaScript that every Node understands: an old one is to be told, not to fail over a word it does not know.
import module from 'node:module';
import process from 'node:process';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `dr needs Node 24.15 or later, and this is ${process.version}: install Node 24 LTS (https://nodejs.org), or in a clone of dr use npx dr\n`,
  );
  process.exitCode = 2;
} else {
  module.enableCompileCache();
  const {main} = await import('../src/main.ts');
  await main(process.argv.slice(2));
}
