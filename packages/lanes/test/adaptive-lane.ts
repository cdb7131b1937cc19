import test from 'ava';

import {type AdaptiveLane, adaptiveLane, laneBounds, type LaneSample, nextLane} from '../src/index.ts';

const mebibyte = 1024 ** 2;
const restMs = 3;
const firstCut = Math.round((laneBounds.drain * laneBounds.bytesPerSecondFrom) / laneBounds.growth);

/** Guests wait so long while two streams of a full lane carry so much. */
function sample(waitMs: number | undefined, more: Partial<LaneSample> & {readonly mib?: number} = {}): LaneSample {
  const {mib = laneBounds.bytesPerSecondFrom / mebibyte, ...rest} = more;
  return {waitMs, running: 2, copying: 2, wanted: true, bytesPerSecond: mib * mebibyte, ...rest};
}

function after(samples: readonly LaneSample[], from: AdaptiveLane = rested()): AdaptiveLane {
  return samples.reduce((lane, look) => nextLane(lane, look), from);
}

function rested(places = 2): AdaptiveLane {
  const quiet = sample(restMs, {copying: 0, running: 0});
  const lane = [quiet, quiet].reduce((before, look) => nextLane(before, look), adaptiveLane(places));
  return {...lane, copying: 2};
}

function times(count: number, look: LaneSample): LaneSample[] {
  return Array.from({length: count}, () => look);
}

interface Day {
  /** What the storage bears before guests wait twenty times as long, in MiB per second, look by look. */
  readonly bears: (look: number) => number;
  readonly looks: number;
}

/** A lane on a storage of its own: what it carried and whether guests suffered, look by look. */
function live({bears, looks}: Day, from = rested()) {
  let lane = from;
  return Array.from({length: looks}, (_, look) => {
    const mib = lane.bytesPerSecond / mebibyte;
    const suffer = mib > bears(look);
    lane = nextLane(lane, sample(suffer ? 20 * restMs : restMs, {mib: Math.min(mib, bears(look))}));
    return {mib: Math.min(mib, bears(look)), suffer, lane};
  });
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

test('streams start slowly, and become quicker look by look while nobody suffers', t => {
  const speeds = live({bears: () => 1000, looks: 8}).map(({mib}) => Math.round(mib));
  t.deepEqual(speeds, [32, 38, 45, 53, 62, 73, 86, 102]);
});

test('one look at waiting guests changes nothing, a second one slows the streams', t => {
  t.is(after([sample(15)]).bytesPerSecond, laneBounds.bytesPerSecondFrom);
  t.true(after([sample(15), sample(restMs), sample(15, {mib: 38})]).bytesPerSecond >= laneBounds.bytesPerSecondFrom);
  t.is(after([sample(15), sample(15)]).bytesPerSecond, firstCut);
});

test('one look is enough when guests wait far longer', t => {
  t.is(after([sample(60)]).bytesPerSecond, firstCut);
});

test('after a cut the lane looks away until what has piled up has passed, and then is less slow', t => {
  const cut = after([sample(60)], {...rested(), bytesPerSecond: 50 * mebibyte});
  const {settlingSamples} = laneBounds;
  t.is(after(times(settlingSamples - 1, sample(60)), cut).bytesPerSecond, cut.bytesPerSecond);
  const passed = after(times(settlingSamples, sample(60)), cut);
  t.is(passed.bytesPerSecond, Math.round(laneBounds.cut * (cut.ceiling ?? 0)));
  t.true(after([sample(60)], passed).bytesPerSecond < passed.bytesPerSecond);
});

test('the first step of a copy is no reason to slow it', t => {
  const begun = after(times(laneBounds.settlingSamples + 1, sample(500, {copying: 3})));
  t.is(begun.bytesPerSecond, laneBounds.bytesPerSecondFrom);
  t.true(after([sample(500, {copying: 3})], begun).bytesPerSecond < laneBounds.bytesPerSecondFrom);
});

test('a copy that ends or carries its memory is no reason to slow the others', t => {
  const begun = after(times(laneBounds.settlingSamples + 1, sample(500, {copying: 1})));
  t.is(begun.bytesPerSecond, laneBounds.bytesPerSecondFrom);
});

test('a storage that bore more is taken for worse when guests suffer twice, not once', t => {
  const known = {...rested(), best: 100 * mebibyte, ceiling: 100 * mebibyte, bytesPerSecond: 92 * mebibyte};
  const suffer = sample(60, {mib: 50});
  const cut = after([suffer], known);
  t.is(cut.ceiling, 100 * mebibyte);
  t.true(cut.bytesPerSecond <= 25 * mebibyte);
  const settled = after(times(laneBounds.settlingSamples, sample(restMs, {mib: 50})), cut);
  t.is(settled.bytesPerSecond, Math.round(laneBounds.cut * 100 * mebibyte));
  t.is(after([suffer, suffer], settled).ceiling, 50 * mebibyte);
  const calm = after(times(laneBounds.doubtSamples, sample(restMs, {mib: 80})), settled);
  t.is(after([suffer, suffer], calm).ceiling, 100 * mebibyte);
});

test('it comes to rest near what the storage bears, without swinging', t => {
  const looks = live({bears: () => 40, looks: 600}).slice(40);
  t.true(mean(looks.map(({mib}) => mib)) > 0.75 * 40);
  t.true(mean(looks.map(({suffer}) => Number(suffer))) < 0.02);
  t.true(mean(looks.map(({mib}) => Number(mib < 0.6 * 40))) < 0.03, 'only after a cut');
  t.true(Math.min(...looks.map(({mib}) => mib)) > 0.4 * 40);
});

test('what happened once by accident is left behind', t => {
  const looks = live({bears: look => (look < 1 ? 5 : 40), looks: 400});
  t.true(mean(looks.slice(300).map(({mib}) => mib)) > 0.75 * 40);
});

test('a storage that becomes worse is followed, and so is one that recovers', t => {
  const looks = live({bears: look => (look > 60 && look < 120 ? 15 : 60), looks: 600});
  t.true(mean(looks.slice(75, 120).map(({mib}) => mib)) < 15);
  t.true(mean(looks.slice(500).map(({mib}) => mib)) > 0.6 * 60);
});

test('streams that get less than they are allowed show what the storage bears', t => {
  const grown = {...rested(), bytesPerSecond: 125 * mebibyte, borne: 100 * mebibyte, carried: [100 * mebibyte]};
  const lane = after([sample(15, {mib: 100})], grown);
  t.like(lane, {ceiling: 100 * mebibyte, proven: true, bytesPerSecond: 50 * mebibyte});
  t.is(after([sample(15, {mib: 125})], grown).bytesPerSecond, 125 * mebibyte, 'they got it: one look is not enough');
});

test('what one calm look has read is borne when the next ones are calm, too', t => {
  const [before, more] = [sample(restMs, {mib: 60}), sample(restMs, {mib: 95})];
  const lane = {...rested(), bytesPerSecond: 100 * mebibyte};
  t.is(after([before, more, more], lane).borne, 60 * mebibyte);
  t.is(after([before, more, more, more], lane).borne, 95 * mebibyte);
});

test('one look that reads too little does not make a storage small that has just borne more', t => {
  const grown = {...rested(), bytesPerSecond: 125 * mebibyte, borne: 100 * mebibyte, carried: [100 * mebibyte]};
  t.true((after([sample(60, {mib: 80})], grown).ceiling ?? 0) >= 95 * mebibyte);
});

test('a lane that knows its storage goes near what that bears at once, and stays there without trying', t => {
  const known = {...adaptiveLane(2, laneBounds, {ceiling: 100 * mebibyte}), restMs, copying: 2};
  t.is(Math.round(known.bytesPerSecond / mebibyte), 80);
  const looks = live({bears: () => 100, looks: laneBounds.patienceProven}, known);
  t.true(looks.slice(6).every(({mib}) => Math.round(mib) === 97));
});

test('what an earlier run has found is left behind by a storage that bears more', t => {
  const known = {...adaptiveLane(2, laneBounds, {ceiling: 20 * mebibyte}), restMs, copying: 2};
  const looks = live({bears: () => 100, looks: 600}, known);
  t.true(mean(looks.slice(450).map(({mib}) => mib)) > 60);
});

test('no stream is starved: rather there are fewer, and always one', t => {
  const misery = times(60, sample(500, {mib: 1}));
  const lane = after(misery, rested(8));
  t.is(lane.places.limit, 1);
  t.is(lane.bytesPerSecond, laneBounds.bytesPerSecondLeast);
});

test('streams that leave the bound unused make room for one more, as long as somebody waits', t => {
  const idle = sample(restMs, {mib: 2});
  t.is(after(times(5, idle)).places.limit, 3);
  t.is(after(times(20, {...idle, wanted: false})).places.limit, 2);
  t.is(after(times(20, {...idle, running: 1})).places.limit, 2);
});

test('room for a stream means room for its speed', t => {
  const slow = after([sample(60, {mib: 8})], {...rested(), bytesPerSecond: 20 * mebibyte, borne: 0});
  t.true(slow.bytesPerSecond < 3 * laneBounds.bytesPerSecondLeast);
  t.is(after(times(20, sample(restMs, {mib: 1})), slow).places.limit, 2);
});

test('holes that fly past do not make a lane quicker that has not met its ceiling', t => {
  t.is(after(times(20, sample(restMs, {mib: 400}))).bytesPerSecond, laneBounds.bytesPerSecondFrom);
});

test('silent guests and lanes that nobody fills change nothing', t => {
  const silent = times(10, sample(undefined));
  const idle = times(10, sample(500, {copying: 0, wanted: false}));
  for (const looks of [silent, idle]) {
    t.like(after(looks), {places: {limit: 2}, bytesPerSecond: laneBounds.bytesPerSecondFrom});
  }
});

test('short waits disturb nobody, however short they are at rest', t => {
  const quick = after(times(4, sample(19)), after([sample(0.2, {copying: 0})], adaptiveLane(2)));
  t.true(quick.bytesPerSecond >= laneBounds.bytesPerSecondFrom);
});

test('what guests wait at rest is learnt while nobody copies, and only downwards while somebody does', t => {
  t.is(nextLane(rested(), sample(500)).restMs, restMs);
  const noisy = nextLane(adaptiveLane(2), sample(100, {copying: 0}));
  t.is(noisy.restMs, 100);
  t.true((nextLane(noisy, sample(10)).restMs ?? 0) < 100);
});

test('a lane that has never seen its guests at rest takes no wait for granted', t => {
  const lane = after(times(2, sample(15)), {...adaptiveLane(2), copying: 2});
  t.true(lane.bytesPerSecond < laneBounds.bytesPerSecondFrom);
});

const coarsely = (waitMs: number, more: Partial<LaneSample> = {}) => sample(waitMs, {paced: 'coarsely', ...more});

test('where streams are paced coarsely their number alone is found, two at most, and nothing of the storage is', t => {
  const begun = nextLane(rested(4), coarsely(restMs));
  t.is(begun.places.limit, 2);
  const suffering = after(times(laneBounds.hotSamples, coarsely(20 * restMs)), begun);
  t.is(suffering.places.limit, 1);
  const alone = {running: 1, copying: 1};
  t.is(after(times(10, coarsely(20 * restMs, alone)), suffering).places.limit, 1);
  const calm = after(times(20, coarsely(restMs, alone)), suffering);
  t.is(calm.places.limit, 2);
  t.is(after(times(100, coarsely(restMs)), calm).places.limit, 2);
  t.deepEqual([calm.bytesPerSecond, calm.ceiling, calm.borne], [begun.bytesPerSecond, undefined, begun.borne]);
});
