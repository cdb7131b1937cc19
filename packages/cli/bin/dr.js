#!/usr/bin/env -S node --max-semi-space-size=8
// Plain JavaScript that every Node understands: an old one is to be told, not to fail over a word it does not know.
// The flag above keeps large runs small: Node's default spends up to 100 MiB on values that are soon forgotten.
import fs from 'node:fs';
import module from 'node:module';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `dr needs Node 24.15 or later, and this is ${process.version}: install Node 24 LTS (https://nodejs.org), or in a clone of dr use npx dr\n`,
  );
  process.exitCode = 2;
} else {
  const cache = process.env.NODE_COMPILE_CACHE || ownCache();
  if (cache !== undefined) module.enableCompileCache(cache);
  const {main} = await import('../src/main.ts');
  await main(process.argv.slice(2));
}

/**
 * Where compiled modules are kept. They are trusted by whoever loads them, so it is a folder of this user's own and not
 * one in /tmp. Without one that can be made, starting takes longer, and nothing else.
 */
function ownCache() {
  const home = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  let folder = home;
  try {
    // Level by level: Node itself never ends when it makes folders in a place that has none.
    for (const name of ['', 'dr', 'modules']) {
      folder = path.join(folder, name);
      if (!fs.existsSync(folder)) fs.mkdirSync(folder, {mode: 0o700});
    }
    fs.accessSync(folder, fs.constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}
