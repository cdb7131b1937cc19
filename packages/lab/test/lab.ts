import test from 'ava';
import {Lab} from '../src/lab.ts';
import {takeDown} from '../src/lab-down.ts';
import {labFolder} from '../src/lab-folder.ts';
import {underLabLock} from '../src/lab-lock.ts';

test('who is told to stop while another process changes the lab, stops', async t => {
  const folder = labFolder('one', {DR_LAB_DIR: `/no-labs-of-this-test-${process.pid}`});
  const lab = new Lab('one', folder);
  const stop = new AbortController();
  const {signal} = stop;
  await underLabLock(folder.path, async () => {
    const waiting = [
      lab.cut('alder', undefined, {signal}),
      lab.setLink('alder', {rateMbit: 10}, {signal}),
      lab.powerOff('alder', {signal}),
      lab.powerOn('alder', {signal}),
      takeDown(folder, {signal}),
    ];
    const ends = waiting.map(each => t.throwsAsync(each, {message: 'enough'}));
    stop.abort(new Error('enough'));
    await Promise.all(ends);
  });
});
